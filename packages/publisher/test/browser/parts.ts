import type { CarrierEvents, Part, SentReport } from "@inband/publisher";

export const uuid: Uint8Array = new TextEncoder().encode("inband-test-uuid");

/** One message of one part, as a publisher would make it. */
export function part(messageId: string, more: Partial<Part> = {}): Part {
  return {
    messageId,
    uuid,
    payload: new TextEncoder().encode(messageId),
    copies: 1,
    keyFrameCopies: 0,
    priority: 0,
    expiresAtMs: Date.now() + 30_000,
    alone: false,
    ...more,
  };
}

/** Writes down what a carrier tells. */
export class RecordingEvents implements CarrierEvents {
  readonly reports: SentReport[] = [];
  readonly errors: Error[] = [];
  stalls = 0;

  sent(report: SentReport): void {
    this.reports.push(report);
  }
  keyFrameRequest(): void {}
  bitrate(): void {}
  stalled(): void {
    this.stalls++;
  }
  failed(error: Error): void {
    this.errors.push(error);
  }
}
