import { AnnexBSplitter, findSeiAnnexB, findSeiAvcc, NalUnitType, nalUnitType } from "@inband/h264";
import type { SeiFeed, SeiSink, UserDataPlace } from "./feed.ts";
import { readSei } from "./read-sei.ts";
import type { MessageOf } from "./received-message.ts";
import { RtpSeiReader } from "./rtp-sei-reader.ts";
import type { SeiSubscriber } from "./sei-subscriber.ts";

/** What bytes given to {@link pushBytes} are. */
export type PushOptions = {
  /** Names the encoded stream, where several are pushed. It defaults to "push". */
  readonly stream?: string;
  /** Presentation time of the access unit in microseconds, as in WebCodecs. */
  readonly timestamp?: number;
  /** Whether the access unit is a key frame, where that is known. */
  readonly isKeyFrame?: boolean;
} & (
  | {
      /** With start codes: ITU-T H.264 annex B. */
      readonly format: "annexb";
      /** A whole access unit, or the next bytes of a byte stream, cut anywhere. It defaults to `accessUnit`. */
      readonly unit?: "accessUnit" | "stream";
      readonly rtpTimestamp?: number;
    }
  | {
      /** Each NAL unit behind its length: ISO/IEC 14496-15 5.3.4.2.1. */
      readonly format: "avcc";
      readonly unit?: "accessUnit";
      /** Bytes of a length: 1, 2 or 4, the default. */
      readonly lengthSize?: 1 | 2 | 4;
      readonly rtpTimestamp?: number;
    }
  | {
      /** The payload of one RTP packet (RFC 6184), in any order. */
      readonly format: "rtp";
      readonly unit?: "packet";
      readonly rtpTimestamp: number;
      readonly sequenceNumber: number;
    }
);

/** Streams that may be in the middle of something; the one silent for longest is forgotten first. */
const maxStreams = 16;

const feeds = new WeakMap<object, ByteFeed>();

/**
 * Lets a subscriber read bytes that the application has at hand: from a file, a socket, a player of its own.
 *
 * A function and not a method, so that pages that read WebRTC do not carry it (1.8 kB).
 *
 * @returns The messages that were delivered meanwhile. Those that wait for their place in the order or for a schema come
 * by the event alone.
 * @throws Error when the subscriber is closed. TypeError or RangeError that names the option. Bytes that are broken are
 * an `error` event; what stands in front of them is read.
 *
 * @example
 * ```ts
 * for (const { value } of pushBytes(subscriber, bytes, { format: "annexb", timestamp })) console.log(value);
 * ```
 */
export function pushBytes<T, Topics extends object>(
  subscriber: SeiSubscriber<T, Topics>,
  bytes: Uint8Array,
  options: PushOptions,
): MessageOf<T, Topics>[] {
  check(bytes, options);
  let feed = feeds.get(subscriber);
  if (feed === undefined || !feed.isOpen) {
    feed = new ByteFeed();
    subscriber.attach(feed);
    feeds.set(subscriber, feed);
  }
  const found: MessageOf<T, Topics>[] = [];
  const find = (message: MessageOf<T, Topics>): void => void found.push(message);
  subscriber.on("message", find);
  try {
    feed.push(bytes, options);
  } finally {
    subscriber.off("message", find);
  }
  return found;
}

class ByteFeed implements SeiFeed {
  readonly name = "push";
  readonly #splitters = new Map<string, AnnexBSplitter>();
  readonly #readers = new Map<string, RtpSeiReader>();
  #sink: SeiSink | undefined;

  get isOpen(): boolean {
    return this.#sink !== undefined;
  }

  open(sink: SeiSink): Disposable {
    this.#sink = sink;
    return {
      [Symbol.dispose]: () => {
        this.#sink = undefined;
        this.#splitters.clear();
        this.#readers.clear();
      },
    };
  }

  push(bytes: Uint8Array, options: PushOptions): void {
    const sink = this.#sink as SeiSink;
    const { stream = "push", timestamp, rtpTimestamp, isKeyFrame } = options;
    if (options.format === "rtp") {
      const reader = stateOf(this.#readers, stream, () => new RtpSeiReader(stream, sink));
      // It keeps fragments, and these bytes are the application's.
      if (bytes.length > 0) reader.read(options.sequenceNumber, options.rtpTimestamp, new Uint8Array(bytes));
      return;
    }
    const place: UserDataPlace = {
      stream,
      ...(timestamp === undefined ? {} : { mediaTimeMs: timestamp / 1000 }),
      ...(rtpTimestamp === undefined ? {} : { rtpTimestamp }),
      ...(isKeyFrame === undefined ? {} : { isKeyFrame }),
    };
    if (options.unit === "stream") {
      const splitter = stateOf(this.#splitters, stream, () => new AnnexBSplitter());
      for (const nal of splitter.push(bytes)) {
        readSei(sink, nal, place);
        if (beginsPicture(nal)) sink.accessUnits(1);
      }
      return;
    }
    sink.accessUnits(1);
    const { nals, error } =
      options.format === "annexb" ? { nals: findSeiAnnexB(bytes) } : findSeiAvcc(bytes, options.lengthSize);
    for (const nal of nals) readSei(sink, nal, place);
    if (error) sink.failed(error);
  }
}

function stateOf<State>(states: Map<string, State>, stream: string, make: () => State): State {
  const state = states.get(stream) ?? make();
  states.delete(stream);
  states.set(stream, state);
  if (states.size > maxStreams) states.delete(states.keys().next().value as string);
  return state;
}

/** A slice of macroblock 0: first_mb_in_slice, an Exp-Golomb code, is the bit 1. ITU-T H.264 7.3.3. */
function beginsPicture(nal: Uint8Array): boolean {
  const type = nalUnitType(nal);
  return (type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr) && ((nal[1] ?? 0) & 0x80) !== 0;
}

function check(bytes: Uint8Array, options: PushOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("bytes: expected a Uint8Array");
  const { format, unit }: { format: string; unit?: string } = options;
  const units: Record<string, readonly string[]> = {
    annexb: ["accessUnit", "stream"],
    avcc: ["accessUnit"],
    rtp: ["packet"],
  };
  const known = Object.hasOwn(units, format) ? units[format] : undefined;
  if (known === undefined) throw new TypeError(`format: expected "annexb", "avcc" or "rtp", got ${String(format)}`);
  if (unit !== undefined && !known.includes(unit)) {
    throw new TypeError(`unit: expected ${known.join(" or ")} for ${format}, got ${String(unit)}`);
  }
  if (options.format === "avcc" && ![1, 2, 4].includes(options.lengthSize ?? 4)) {
    throw new RangeError(`lengthSize: expected 1, 2 or 4, got ${String(options.lengthSize)}`);
  }
  if (options.format !== "rtp") return;
  for (const [name, value, limit] of [
    ["rtpTimestamp", options.rtpTimestamp, 2 ** 32],
    ["sequenceNumber", options.sequenceNumber, 2 ** 16],
  ] as const) {
    if (Number.isInteger(value) && value >= 0 && value < limit) continue;
    throw new RangeError(`${name}: expected an integer from 0 to ${limit - 1} for rtp, got ${String(value)}`);
  }
}
