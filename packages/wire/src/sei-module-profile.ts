import { checkOptions } from "./check-options.ts";
import { decodeJson } from "./decode-json.ts";
import type { Profile } from "./profile.ts";
import { uuidOf } from "./raw-profile.ts";

/** Options of {@link seiModule}. */
export interface SeiModuleOptions {
  /** Whether `ts` and `it`, in seconds since 1970, are written where the value does not say them. It defaults to true. */
  readonly includeTimestamp?: boolean;
  /** Whether `fc` is written where the value does not say it: messages on the topic so far. It defaults to true. */
  readonly includeFrameCount?: boolean;
}

const optionNames: ReadonlySet<string> = new Set([
  "includeTimestamp",
  "includeFrameCount",
] satisfies (keyof SeiModuleOptions)[]);

/** A value of {@link seiModule}. */
export interface SeiModuleValue {
  /** When the frame was captured, in seconds since 1970. */
  readonly ts?: number;
  /** When the message was put into the stream, in seconds since 1970. */
  readonly it?: number;
  /** Number of the frame. */
  readonly fc?: number;
  /** What a model found. */
  readonly inf?: Readonly<Record<string, unknown>>;
  /** What the application adds. */
  readonly cus?: Readonly<Record<string, unknown>>;
}

/**
 * The messages of the Python video pipeline with a SeiInjector: compact JSON `{ ts, it, fc, inf, cus }`, each key optional
 * in a value, under a UUID that is a text of up to 16 ASCII characters, padded with zeros, such as `CUSTOM_UUID00000`.
 *
 * Its readers do not tell copies from messages: publish with `copies: 1` where that matters.
 *
 * @throws TypeError or RangeError for a UUID that is neither such a text nor 16 bytes; TypeError for an option of another
 * name.
 */
export function seiModule(uuid: string | Uint8Array, options: SeiModuleOptions = {}): Profile {
  checkOptions(options, optionNames);
  const { includeTimestamp = true, includeFrameCount = true } = options;
  return {
    name: "seiModule",
    uuid: typeof uuid === "string" ? padded(uuid) : uuidOf(uuid),
    encoding: "sei-module",
    decode: decodeJson,
    maxMessageBytes: 4000,
    maxCopies: 31,
    keyFrameCopies: 0,
    copiesWithinMs: 1000,
    alone: false,
    includeTimestamp,
    includeFrameCount,
  };
}

function padded(text: string): Uint8Array {
  if (!/^[\x20-\x7e]{1,16}$/.test(text)) {
    throw new RangeError(`uuid: expected 1 to 16 characters of ASCII, got ${JSON.stringify(text)}`);
  }
  const bytes = new Uint8Array(16);
  new TextEncoder().encodeInto(text, bytes);
  return bytes;
}
