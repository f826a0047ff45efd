import { checkOptions } from "./check-options.ts";
import type { Profile } from "./profile.ts";

/** 9e504ea5-ee5a-4f02-949f-b033a3768da2 */
const uuid = [0x9e, 0x50, 0x4e, 0xa5, 0xee, 0x5a, 0x4f, 0x02, 0x94, 0x9f, 0xb0, 0x33, 0xa3, 0x76, 0x8d, 0xa2];

/** Options of {@link ivs}. */
export interface IvsOptions {
  /**
   * Writes envelopes instead of raw bytes: values of any type, with ids, for readers that are inband too. The readers of
   * Amazon see the envelope as bytes. It defaults to false.
   */
  readonly envelope?: boolean;
}

const optionNames: ReadonlySet<string> = new Set(["envelope"] satisfies (keyof IvsOptions)[]);

/**
 * The in-band messages of Amazon IVS real-time streaming, as its web, iOS and Android SDKs write and read them: UUID
 * 9e504ea5-ee5a-4f02-949f-b033a3768da2, one message for each SEI NAL unit.
 *
 * The limits are those that the web SDK 1.41 enforces: 1 to 1024 bytes, 10240 bytes a second, a repeatCount of 0 to 30,
 * which is 1 to 31 copies.
 *
 * @throws TypeError for an option of another name.
 */
export function ivs(options: IvsOptions = {}): Profile {
  checkOptions(options, optionNames);
  const { envelope = false } = options;
  return {
    name: "ivs",
    uuid: Uint8Array.from(uuid),
    encoding: envelope ? "envelope" : "raw",
    maxMessageBytes: 1024,
    bytesPerSecond: 10_240,
    maxCopies: 31,
    keyFrameCopies: envelope ? 2 : 0,
    ...(envelope ? {} : { copiesWithinMs: 1000 }),
    alone: true,
  };
}
