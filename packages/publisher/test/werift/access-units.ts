import type { AccessUnit } from "@inband/h264";
import type { CarrierEvents, Part, SentReport } from "@inband/publisher";

const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8);
const pps = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);

/** An access unit of a made-up stream at 30 frames a second. */
export function accessUnit(index: number, options: { isKeyFrame?: boolean; sliceBytes?: number } = {}): AccessUnit {
  const isKeyFrame = options.isKeyFrame ?? index === 0;
  const slice = new Uint8Array(options.sliceBytes ?? 900).fill(0xa5);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  return {
    kind: "video",
    codec: "h264",
    nalUnits: isKeyFrame ? [sps, pps, slice] : [slice],
    timestamp: Math.round((index * 1_000_000) / 30),
    isKeyFrame,
  };
}

export const uuid: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

/** A message of one part that no key frame repeats. */
export function part(messageId: string, options: Partial<Part> = {}): Part {
  return {
    messageId,
    uuid,
    payload: new TextEncoder().encode(messageId),
    copies: 1,
    keyFrameCopies: 0,
    priority: 0,
    expiresAtMs: Date.now() + 60_000,
    alone: false,
    ...options,
  };
}

/** Events that remember what they were told. */
export class RecordedEvents implements CarrierEvents {
  readonly reports: SentReport[] = [];
  readonly errors: Error[] = [];
  keyFrameRequests = 0;
  sent(report: SentReport): void {
    this.reports.push(report);
  }
  keyFrameRequest(): void {
    this.keyFrameRequests++;
  }
  bitrate(): void {}
  stalled(): void {}
  failed(error: Error): void {
    this.errors.push(error);
  }
}
