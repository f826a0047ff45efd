/// <reference lib="esnext.disposable" preserve="true" />
import type { MediaPacket } from "@inband/h264";
import type { DemuxedPacket } from "./demuxed-packet.ts";
import { Demuxer } from "./demuxer.ts";
import { MediaError } from "./media-error.ts";
import type { MediaInfo } from "./media-info.ts";
import type { MediaSource } from "./media-source.ts";
import { NalUnitReader } from "./nal-unit-reader.ts";
import { PassClock } from "./pass-clock.ts";
import { PlayoutClock } from "./playout-clock.ts";
import { shownInput } from "./shown-input.ts";
import type { SourceOptions } from "./source-options.ts";
import { heldPacketsLimit, mediaPacket, type TimedPacket, withBase } from "./timed-packet.ts";
import type { EncodedPicture, VideoDecoder } from "./video-decoder.ts";

/** A packet whose bytes are in native memory, or in a copy where `native` is undefined. */
type HeldPacket = Omit<DemuxedPacket, "native"> & { readonly native: DemuxedPacket["native"] | undefined };

/** A source that FFmpeg reads. */
export class FileSource implements MediaSource {
  readonly info: MediaInfo;
  readonly #input: string;
  readonly #options: SourceOptions;
  readonly #abort: () => void;
  #demuxer: Demuxer;
  #started = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(input: string, demuxer: Demuxer, options: SourceOptions) {
    this.info = demuxer.info;
    this.#input = input;
    this.#demuxer = demuxer;
    this.#options = options;
    this.#abort = () => void this.close();
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  static async open(input: string, options: SourceOptions): Promise<FileSource> {
    return new FileSource(input, await Demuxer.open(input, options.signal), options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MediaPacket, void, undefined> {
    this.#start();
    try {
      const { video } = this.info;
      if (video.codec !== "h264") {
        const message = `"${shownInput(this.#input)}" holds ${video.codec} video, which has no access units of H.264. Read it through decodeFrames of @inband/media/frames and encode it.`;
        throw new MediaError("not-h264", message, { input: this.#input });
      }
      const playout = this.#playoutClock();
      for await (const { demuxer, offset, clock } of this.#passes()) {
        const reader = new NalUnitReader(demuxer.videoExtradata);
        let base: number | undefined;
        for await (const packet of withBase(this.#packets(demuxer, clock), demuxer.hasAudio)) {
          base ??= packet.base;
          const shift = offset - base;
          await playout?.wait(packet.dts + shift);
          const ready = mediaPacket(packet, shift, reader, this.info);
          if (ready !== undefined) yield ready;
        }
        clock.base = base ?? 0;
      }
    } finally {
      await this.close();
    }
  }

  /** The compressed pictures for a decoder, with the source's timestamps; `undefined` separates two passes. */
  async *pictures(): AsyncGenerator<EncodedPicture | undefined, void, undefined> {
    this.#start();
    try {
      const playout = this.#playoutClock();
      for await (const { demuxer, offset, clock } of this.#passes()) {
        if (offset > 0) yield undefined;
        let base: number | undefined;
        for await (const packet of this.#measured(demuxer, clock)) {
          if (packet.kind !== "video") continue;
          const times = clock.times(packet);
          if (times === undefined) continue;
          base ??= times.pts ?? times.dts;
          const shift = offset - base;
          await playout?.wait(times.dts + shift);
          const pts = times.pts === undefined ? undefined : times.pts + shift;
          const dts = demuxer.hasTimes ? times.dts + shift : undefined;
          yield { data: packet.native ?? packet.data, pts, dts, duration: times.duration };
        }
        clock.base = base ?? 0;
      }
    } finally {
      await this.close();
    }
  }

  /** A decoder of the video. */
  decoder(): Promise<VideoDecoder> {
    return this.#demuxer.decoder();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#closing ??= this.#demuxer.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): void {
    this.#options.signal?.throwIfAborted();
    if (this.#started || this.#closed) {
      throw new MediaError(
        "closed",
        `"${shownInput(this.#input)}" has been read or closed; open it again to read it again.`,
        {
          input: this.#input,
        },
      );
    }
    this.#started = true;
  }

  #playoutClock(): PlayoutClock | undefined {
    return this.#options.realtime === true ? new PlayoutClock(this.#options.signal) : undefined;
  }

  /** One pass, or with `loop` one after another. The input is opened again, since some containers cannot seek. */
  async *#passes(): AsyncGenerator<{ demuxer: Demuxer; offset: number; clock: PassClock }, void, undefined> {
    let offset = 0;
    for (;;) {
      const clock = new PassClock(this.#demuxer);
      yield { demuxer: this.#demuxer, offset, clock };
      this.#options.signal?.throwIfAborted();
      const length = clock.end - clock.base;
      if (this.#closed || this.#options.loop !== true || !(length > 0)) return;
      offset += length;
      await this.#demuxer.close();
      const next = await Demuxer.open(this.#input, this.#options.signal);
      if (this.#closed) return next.close();
      this.#demuxer = next;
    }
  }

  async *#demuxed(demuxer: Demuxer): AsyncGenerator<DemuxedPacket, void, undefined> {
    for (let packet = await demuxer.read(); packet !== undefined; packet = await demuxer.read()) yield packet;
    this.#options.signal?.throwIfAborted();
  }

  /** Holds pictures whose time depends on a later one, which happens only at the beginning. */
  async *#measured(demuxer: Demuxer, clock: PassClock): AsyncGenerator<HeldPacket, void, undefined> {
    const held: HeldPacket[] = [];
    for await (const packet of this.#demuxed(demuxer)) {
      if (clock.waitsForTime(packet, held.length)) {
        held.push({ ...packet, data: new Uint8Array(packet.data), native: undefined });
        if (held.length === heldPacketsLimit) yield* clock.settle(held.splice(0), undefined);
        continue;
      }
      if (packet.kind === "video" && held.length > 0) yield* clock.settle(held.splice(0), packet);
      yield packet;
    }
    if (held.length > 0) yield* clock.settle(held, undefined);
  }

  /** Copies the bytes out of native memory, the only copy on their way. */
  async *#packets(demuxer: Demuxer, clock: PassClock): AsyncGenerator<TimedPacket, void, undefined> {
    for await (const packet of this.#measured(demuxer, clock)) {
      const times = clock.times(packet);
      if (times === undefined) continue;
      const { kind, isSync, configuration, native } = packet;
      const data = native === undefined ? packet.data : new Uint8Array(packet.data);
      yield { kind, data, isSync, configuration, ...times };
    }
  }
}
