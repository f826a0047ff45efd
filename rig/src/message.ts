import { type Message, measureSei } from "@inband/stream";

/** The UUID of the messages of tests. */
export const uuid: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

/** What a test says of a message; the schedule and the payloads are not nested. */
export interface MessageOptions extends Partial<Omit<Message, "id" | "schedule" | "payloads">> {
  readonly copies?: number;
  readonly keyFrameCopies?: number;
  readonly withinMs?: number;
  /** @defaultValue the id in UTF-8 */
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
