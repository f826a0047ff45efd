import type { CarrierEvents, SentReport } from "@inband/stream";

/** The events of a carrier, remembered. */
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
