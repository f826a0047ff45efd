import { byeSources, parseRtpPacket } from "@inband/rtp";
import {
  asError,
  BoundedMap,
  checkOptions,
  RtpSeiReader,
  type SeiFeed,
  type SeiSink,
  untilClosed,
} from "@inband/stream";
import type { Track } from "node-datachannel";

/** A track has one SSRC, or one for each simulcast layer, and new ones when the sender restarts. */
const maxStreams = 16;

/** Settings of a `nodeDataChannelFeed`. */
export interface NodeDataChannelFeedOptions {
  /**
   * Name of the feed.
   *
   * @defaultValue "node-datachannel"
   */
  readonly name?: string;
  /**
   * Payload type of the H.264 on this track. Required if RTX or other codecs were negotiated too: the track does not tell
   * them apart. Without it every packet is read as H.264.
   */
  readonly payloadType?: number;
  /**
   * Called with each packet of the track, RTP and RTCP, for an application that reads them too: a track of node-datachannel
   * has a single `onMessage` listener.
   */
  readonly onPacket?: (packet: Uint8Array) => void;
}

const optionNames: ReadonlySet<string> = new Set([
  "name",
  "payloadType",
  "onPacket",
] satisfies (keyof NodeDataChannelFeedOptions)[]);

/**
 * The messages in the video that a track of node-datachannel receives. It takes the track's `onMessage`.
 *
 * SEI is read directly from the RTP packets as they arrive: a message does not wait for the rest of its access unit, for
 * lost packets or for a key frame. Attach it in `onTrack`. With a `RtcpReceivingSession` as the media handler of the track
 * the sender gets reports, and a key frame is requested when the video begins. A track that is closed, and an RTCP BYE for
 * everything that it sent, are an `ended`.
 *
 * node-datachannel answers an offer by itself as soon as `setRemoteDescription` gets it: `onTrack` must be set before, and
 * `setLocalDescription` must not be called again.
 *
 * @throws TypeError if the track is not one of video.
 *
 * @example
 * ```ts
 * pc.onTrack((track) => {
 *   track.setMediaHandler(new RtcpReceivingSession());
 *   subscriber.attach(nodeDataChannelFeed(track));
 * });
 * ```
 */
export function nodeDataChannelFeed(
  track: Pick<Track, "type" | "onMessage" | "requestKeyframe"> & Partial<Pick<Track, "isClosed">>,
  options: NodeDataChannelFeedOptions = {},
): SeiFeed {
  if (typeof track?.onMessage !== "function")
    throw new TypeError(`track: expected a Track of node-datachannel, got ${typeof track}`);
  if (track.type() !== "video") throw new TypeError(`track: expected one of video, got one of ${track.type()}`);
  checkOptions(options, optionNames);
  const { name = "node-datachannel", payloadType, onPacket } = options;
  if (payloadType !== undefined && !(Number.isInteger(payloadType) && payloadType >= 0 && payloadType < 128)) {
    throw new RangeError(`payloadType: expected an integer from 0 to 127, got ${payloadType}`);
  }
  return { name, open: (sink) => new TrackReader(track, payloadType, sink, onPacket) };
}

class TrackReader implements Disposable {
  readonly #track: Pick<Track, "requestKeyframe">;
  readonly #payloadType: number | undefined;
  readonly #sink: SeiSink;
  /** By SSRC. */
  readonly #readers = new BoundedMap<number, RtpSeiReader>(maxStreams);

  readonly #closing: Disposable;
  #isOpen = true;

  constructor(
    track: Pick<Track, "onMessage" | "requestKeyframe"> & Partial<Pick<Track, "isClosed">>,
    payloadType: number | undefined,
    sink: SeiSink,
    onPacket: NodeDataChannelFeedOptions["onPacket"],
  ) {
    this.#track = track;
    this.#payloadType = payloadType;
    this.#sink = sink;
    track.onMessage((packet) => {
      if (!this.#isOpen) return;
      try {
        this.#read(packet);
        onPacket?.(packet);
      } catch (error) {
        sink.failed(asError(error));
      }
    });
    this.#closing = untilClosed(
      () => track.isClosed?.() ?? false,
      () => sink.ended("connection-closed"),
    );
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#closing[Symbol.dispose]();
  }

  #read(bytes: Uint8Array): void {
    const packet = parseRtpPacket(bytes);
    if (packet === undefined) {
      for (const ssrc of byeSources(bytes)) {
        if (this.#readers.delete(ssrc) && this.#readers.size === 0) this.#sink.ended("bye");
      }
      return;
    }
    if (packet.payload.length === 0) return;
    if (this.#payloadType !== undefined && packet.payloadType !== this.#payloadType) return;
    (this.#readers.get(packet.ssrc) ?? this.#begin(packet.ssrc)).read(
      packet.sequenceNumber,
      packet.rtpTimestamp,
      packet.payload,
    );
  }

  #begin(ssrc: number): RtpSeiReader {
    const reader = new RtpSeiReader(String(ssrc), this.#sink);
    this.#readers.set(ssrc, reader);
    // Retained messages, and copies that wait for a key frame, arrive with it. It throws if the track has closed.
    try {
      this.#track.requestKeyframe();
    } catch {}
    return reader;
  }
}
