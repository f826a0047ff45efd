import { BoundedMap, checkOptions, type SeiFeed, type SeiSink, userDataKey } from "@inband/stream";
import type Hls from "hls.js";
import type { BufferAppendingData, BufferEOSData, Events, FragParsedData, FragParsingUserdataData } from "hls.js";
import { VideoSamples } from "./video-samples.ts";

/** `Hls.Events.FRAG_PARSING_USERDATA` and others, without bundling hls.js for them. */
const userdataEvent = "hlsFragParsingUserdata" as Events.FRAG_PARSING_USERDATA;
const appendingEvent = "hlsBufferAppending" as Events.BUFFER_APPENDING;
const parsedEvent = "hlsFragParsed" as Events.FRAG_PARSED;
const endEvent = "hlsBufferEos" as Events.BUFFER_EOS;
const destroyingEvent = "hlsDestroying" as Events.DESTROYING;
/** SEI payloadType of user_data_unregistered (ITU-T H.264 D.1.7). */
const userDataUnregisteredType = 5;
/** Messages and copies that are remembered, as their segments may be loaded again. */
const maxRemembered = 32_768;

/** Settings of a `hlsFeed`. */
export interface HlsFeedOptions {
  /**
   * Name of the feed.
   *
   * @defaultValue "hls"
   */
  readonly name?: string;
}

const optionNames: ReadonlySet<string> = new Set(["name"] satisfies (keyof HlsFeedOptions)[]);

/**
 * The messages in what hls.js plays, from MPEG-TS and fMP4 segments. Attach it before `loadSource`.
 *
 * hls.js parses segments seconds before they are shown. `message` fires then, with the media time of its access unit as
 * `timestamp`; after `presentWith(video)` on the attachment, `present` fires when its frame is on the screen, and again when
 * playback crosses it once more after seeking back. Segments that are loaded again cause no second `message`. hls.js gives
 * no time to the messages in a PES packet without PTS: they have no `timestamp`. It does not read a SEI NAL unit that is
 * spread over two PES packets: its messages are lost. If a browser plays HLS by itself (Safari on iOS), there is no hls.js
 * and no message. The end of a playlist is an `ended`, and so is the end of the player; seeking back after it loads segments
 * again, which is a `resumed`.
 *
 * @throws TypeError if `hls` is not an instance of Hls.
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
    throw new TypeError(`hls: expected an instance of Hls, of hls.js, got ${typeof hls}`);
  }
  checkOptions(options, optionNames);
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
  /** In order of arrival. */
  readonly #seen = new BoundedMap<string, true>(maxRemembered);
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
      const timestamp = Math.round(pts * 1e6);
      const place = isTimed ? Math.round(pts * 1000) : `segment ${frag.sn} ${index}`;
      if (uuid === undefined || !this.#isNew(`${place} ${userDataKey({ uuid, payload })}`)) continue;
      this.#sink.userData({ uuid, payload }, isTimed ? { stream, timestamp } : { stream });
    }
  }

  /** hls.js makes MP4 of every segment, and appends it before it reports the messages in it. */
  appending({ type, data }: BufferAppendingData): void {
    if (type !== "audio") this.#accessUnits += this.#samples.count(data, type === "video");
  }

  /** All messages of a segment have been reported. Only now may its access units count as having brought none. */
  parsed(): void {
    const count = this.#accessUnits;
    this.#accessUnits = 0;
    if (count > 0) this.#sink.accessUnits(count);
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.set(key, true);
    return true;
  }
}

function parseUuid(text: string): Uint8Array | undefined {
  const digits = text.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16));
}
