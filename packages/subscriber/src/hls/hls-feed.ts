import type Hls from "hls.js";
import type { BufferAppendingData, BufferEOSData, Events, FragParsedData, FragParsingUserdataData } from "hls.js";
import type { SeiFeed, SeiSink } from "../feed.ts";
import { payloadHash } from "../payload-hash.ts";
import { VideoSamples } from "./video-samples.ts";

/** `Hls.Events.FRAG_PARSING_USERDATA` and others, without bundling hls.js for them. */
const userdataEvent = "hlsFragParsingUserdata" as Events.FRAG_PARSING_USERDATA;
const appendingEvent = "hlsBufferAppending" as Events.BUFFER_APPENDING;
const parsedEvent = "hlsFragParsed" as Events.FRAG_PARSED;
const endEvent = "hlsBufferEos" as Events.BUFFER_EOS;
const destroyingEvent = "hlsDestroying" as Events.DESTROYING;
/** SEI payloadType of user_data_unregistered (ITU-T H.264 D.1.7). */
const userDataUnregisteredType = 5;
/** Messages, with their copies, that are remembered while their segments may be loaded again. */
const maxRemembered = 32_768;

/** Settings of a `hlsFeed`. */
export interface HlsFeedOptions {
  /** Names the feed in messages. Default `hls`. */
  readonly name?: string;
}

/**
 * The messages in what hls.js plays, from MPEG-TS and fMP4 segments. Attach it before `loadSource`.
 *
 * hls.js parses segments seconds before they are shown: `message` comes then, with the media time of its access unit as
 * `mediaTimeMs`; `presentWith(video)` on the attachment says when its frame is on the screen, and says so again when
 * playing crosses it once more after seeking back. Segments that are loaded again bring no second `message`. To what is
 * in a PES packet without PTS hls.js gives no time: those messages come without `mediaTimeMs`. A SEI NAL unit that is spread
 * over two PES packets hls.js does not read, and its messages do not come. Where a
 * browser plays HLS by itself (Safari on iOS) there is no hls.js and no message. The end of a playlist is an `ended`, and
 * so is the end of the player; seeking back after it loads segments again, which is a `resumed`.
 *
 * @throws TypeError when `hls` is no player.
 *
 * @example
 * ```ts
 * const hls = new Hls();
 * subscriber.attach(hlsFeed(hls)).presentWith(video);
 * hls.loadSource(url);
 * hls.attachMedia(video);
 * ```
 */
export function hlsFeed(hls: Pick<Hls, "on" | "off">, options: HlsFeedOptions = {}): SeiFeed {
  if (typeof hls?.on !== "function" || typeof hls.off !== "function") {
    throw new TypeError("hls: expected an instance of Hls, of hls.js");
  }
  return {
    name: options.name ?? "hls",
    // Segments come whole, and long before they are shown.
    isLive: false,
    open(sink) {
      const reader = new SampleReader(sink);
      const guarded =
        <Data>(read: (data: Data) => void) =>
        (_: Events, data: Data): void => {
          try {
            read(data);
          } catch (error) {
            sink.failed(error instanceof Error ? error : new Error(String(error)));
          }
        };
      const userdata = guarded<FragParsingUserdataData>((data) => reader.read(data));
      const appending = guarded<BufferAppendingData>((data) => reader.appending(data));
      const parsed = guarded<FragParsedData>(() => reader.parsed());
      const ended = guarded<BufferEOSData>(({ type }) => {
        if (type !== "audio") sink.ended("end-of-media");
      });
      const destroyed = (): void => sink.ended("connection-closed");
      hls.on(endEvent, ended);
      hls.on(destroyingEvent, destroyed);
      hls.on(userdataEvent, userdata);
      hls.on(appendingEvent, appending);
      hls.on(parsedEvent, parsed);
      return {
        [Symbol.dispose]() {
          hls.off(endEvent, ended);
          hls.off(destroyingEvent, destroyed);
          hls.off(userdataEvent, userdata);
          hls.off(appendingEvent, appending);
          hls.off(parsedEvent, parsed);
        },
      };
    },
  };
}

class SampleReader {
  readonly #sink: SeiSink;
  /** In the order of their arrival. */
  readonly #seen = new Set<string>();
  readonly #samples = new VideoSamples();
  #accessUnits = 0;

  constructor(sink: SeiSink) {
    this.#sink = sink;
  }

  read({ frag, samples }: FragParsingUserdataData): void {
    const stream = `${frag.type} ${frag.level}`;
    for (const [index, { payloadType, pts, uuid: text, userDataBytes: payload }] of samples.entries()) {
      if (payloadType !== userDataUnregisteredType || payload === undefined) continue;
      const uuid = parseUuid(text ?? "");
      // hls.js gives no time to what is in a PES packet without PTS, which are optional (ISO/IEC 13818-1 2.4.3.7).
      const isTimed = Number.isFinite(pts);
      const mediaTimeMs = pts * 1000;
      const place = isTimed ? Math.round(mediaTimeMs) : `segment ${frag.sn} ${index}`;
      if (uuid === undefined || !this.#isNew(`${place} ${text} ${payloadHash(payload)}`)) continue;
      this.#sink.userData({ uuid, payload }, isTimed ? { stream, mediaTimeMs } : { stream });
    }
  }

  /** hls.js makes MP4 of every segment, and appends it before it tells of the messages in it. */
  appending({ type, data }: BufferAppendingData): void {
    if (type !== "audio") this.#accessUnits += this.#samples.count(data, type === "video");
  }

  /** All of a segment has been told of: only now may its access units count as such that brought no message. */
  parsed(): void {
    const count = this.#accessUnits;
    this.#accessUnits = 0;
    if (count > 0) this.#sink.accessUnits(count);
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > maxRemembered) this.#seen.delete(this.#seen.keys().next().value as string);
    return true;
  }
}

function parseUuid(text: string): Uint8Array | undefined {
  const digits = text.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16));
}
