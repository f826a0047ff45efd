import { type CarrierEvents, type Message, measureSei, type SentReport } from "@inband/stream";

export const uuid: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

/** What a test says of a message, its schedule and its payloads flat. */
export interface MessageOptions extends Partial<Omit<Message, "id" | "schedule" | "payloads">> {
  readonly copies?: number;
  readonly keyFrameCopies?: number;
  readonly withinMs?: number;
  /** Default: one, the id in UTF-8. */
  readonly payloads?: readonly Uint8Array[];
  readonly ageOffset?: number;
}

/** A message as a publisher would offer it. */
export function message(id: string, options: MessageOptions = {}): Message {
  const {
    copies = 1,
    keyFrameCopies = 0,
    withinMs,
    payloads = [new TextEncoder().encode(id)],
    ageOffset,
    ...rest
  } = options;
  return {
    id,
    uuid,
    payloads: payloads.map((bytes) => ({
      bytes,
      seiBytes: measureSei(uuid, bytes),
      ...(ageOffset === undefined ? {} : { ageOffset }),
    })),
    schedule: { copies, keyFrameCopies, ...(withinMs === undefined ? {} : { withinMs }) },
    priority: 1,
    expiresAtMs: performance.timeOrigin + performance.now() + 60_000,
    alone: false,
    ...rest,
  };
}

/** Remembers what a carrier told. */
export class RecordedEvents implements CarrierEvents {
  readonly reports: SentReport[] = [];
  readonly errors: Error[] = [];
  keyFrameRequests = 0;
  stalls = 0;

  sent(reports: readonly SentReport[]): void {
    this.reports.push(...reports);
  }
  keyFrameRequest(): void {
    this.keyFrameRequests++;
  }
  bitrate(): void {}
  stalled(): void {
    this.stalls++;
  }
  failed(error: Error): void {
    this.errors.push(error);
  }
}
