import { findSeiAnnexB, findSeiAvcc } from "@inband/h264";
import { BoundedMap, RtpSeiReader, readSei, type SeiFeed, type SeiSink, type UserDataPlace } from "@inband/stream";
import { ByteStreamReader } from "./byte-stream-reader.ts";
import type { PushOptions } from "./push-options.ts";

/** Streams that may be in the middle of a NAL unit. */
const maxStreams = 16;

/** The feed of bytes that the application pushes. */
export class ByteFeed implements SeiFeed {
  readonly name = "push";
  readonly #byteStreams = new BoundedMap<string, ByteStreamReader>(maxStreams);
  readonly #rtpStreams = new BoundedMap<string, RtpSeiReader>(maxStreams);
  #sink: SeiSink | undefined;

  get isOpen(): boolean {
    return this.#sink !== undefined;
  }

  open(sink: SeiSink): Disposable {
    this.#sink = sink;
    return {
      [Symbol.dispose]: () => {
        this.#sink = undefined;
        this.#byteStreams.clear();
        this.#rtpStreams.clear();
      },
    };
  }

  /** Reads bytes into the sink, before it returns. */
  push(bytes: Uint8Array, options: PushOptions): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const place = placeOf(options);
    const { stream } = place;
    if (options.format === "rtp") {
      if (bytes.length === 0) return;
      const reader = this.#rtpStreams.get(stream) ?? new RtpSeiReader(stream, sink);
      this.#rtpStreams.renew(stream, reader);
      // The reader keeps fragments, and these bytes belong to the application.
      reader.read(options.sequenceNumber, options.rtpTimestamp, new Uint8Array(bytes));
    } else if (options.unit === "stream") {
      const reader = this.#byteStreams.get(stream) ?? new ByteStreamReader(sink);
      this.#byteStreams.renew(stream, reader);
      reader.read(bytes, place);
    } else if (options.format === "annexb") readAccessUnit(sink, place, findSeiAnnexB(bytes));
    else {
      const { nals, error } = findSeiAvcc(bytes, options.lengthSize);
      readAccessUnit(sink, place, nals);
      if (error) sink.failed(error);
    }
  }
}

function placeOf({ stream = "push", timestamp, rtpTimestamp, isKeyFrame }: PushOptions): UserDataPlace {
  return {
    stream,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(rtpTimestamp === undefined ? {} : { rtpTimestamp }),
    ...(isKeyFrame === undefined ? {} : { isKeyFrame }),
  };
}

/** Reads the SEI NAL units of a whole access unit. */
function readAccessUnit(sink: SeiSink, place: UserDataPlace, nals: readonly Uint8Array[]): void {
  sink.accessUnits(1);
  for (const nal of nals) readSei(sink, nal, place);
}
