import { parseUuid } from "@inband/h264";
import { checkOptions } from "./check-options.ts";
import type { Profile } from "./profile.ts";

/** Options of {@link raw}. */
export interface RawOptions {
  /** Names the profile in messages and errors. It defaults to `raw`. */
  readonly name?: string;
  /** The most bytes of a message, 1 to 65536; an access unit has room for about 2700 by default. It defaults to 2048. */
  readonly maxMessageBytes?: number;
}

const optionNames: ReadonlySet<string> = new Set(["name", "maxMessageBytes"] satisfies (keyof RawOptions)[]);

/**
 * Bytes under a UUID of yours and nothing else: for the data of other systems, such as the times of MISP, Millicast or
 * ZEGO. Without ids, equal bytes in frames less than 2 s apart are one message.
 *
 * @throws TypeError for a UUID that is neither its text nor 16 bytes, or an option of another name; RangeError for a size out of range.
 */
export function raw(uuid: string | Uint8Array, options: RawOptions = {}): Profile {
  checkOptions(options, optionNames);
  const { name = "raw", maxMessageBytes = 2048 } = options;
  if (!Number.isInteger(maxMessageBytes) || maxMessageBytes < 1 || maxMessageBytes > 65_536) {
    throw new RangeError(`maxMessageBytes: expected an integer from 1 to 65536, got ${maxMessageBytes}`);
  }
  return {
    name,
    uuid: uuidOf(uuid),
    encoding: "raw",
    maxMessageBytes,
    maxCopies: 31,
    keyFrameCopies: 0,
    copiesWithinMs: 1000,
    alone: false,
  };
}

/** The 16 bytes of a UUID, copied. */
export function uuidOf(uuid: string | Uint8Array): Uint8Array {
  if (uuid instanceof Uint8Array && uuid.length === 16) return Uint8Array.from(uuid);
  if (typeof uuid === "string") return parseUuid(uuid);
  throw new TypeError("uuid: expected a UUID as text or as 16 bytes");
}
