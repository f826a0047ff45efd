import type { Connection } from "@inband/stage-protocol";
import type { SeiFeed } from "@inband/stream";
import { peerConfig, type WeriftAudio, WeriftVideo, weriftFeed } from "@inband/werift";
import { RTCPeerConnection } from "werift";
import { isLoopbackHost } from "../loopback-host.ts";
import { connectWhep, connectWhip } from "./connect.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { connectedPeer, lossOf } from "./peer-loss.ts";
import type { StageSession } from "./stage-session.ts";

/** What takes the messages of a participant: a `SeiSubscriber`. */
export interface MessageReceiver {
  attach(feed: SeiFeed, options: { readonly group: string }): Disposable;
}

/** A video, and the sound that goes with it. */
export interface PublishedMedia {
  readonly video: WeriftVideo;
  readonly audio?: WeriftAudio;
}

/** How a connection is made that `publishVideo` or `receiveMessages` makes. */
export interface MediaConnectOptions extends ConnectOptions {
  /** Ends the attempt; afterwards, use `close`. */
  readonly signal: AbortSignal;
}

/** A connection with media that stands. */
export interface MediaConnection extends Connection {
  /** The session's own URL; undefined where the server gives none. */
  readonly location: string | undefined;
}

/**
 * Publishes a video, with its sound where there is any, by WHIP in a connection of its own, and resolves when that stands.
 * It is not made again when it is lost: `joinStage` does that.
 *
 * @throws What `connectWhip` and `WeriftVideo.connect` reject with.
 */
export async function publishVideo(
  media: WeriftVideo | PublishedMedia,
  options: MediaConnectOptions,
): Promise<MediaConnection> {
  const { video, audio }: PublishedMedia = media instanceof WeriftVideo ? { video: media } : media;
  const loopback = isLoopbackHost(new URL(options.url).hostname);
  const pc = new RTCPeerConnection(peerConfig({ loopback, audio: audio !== undefined }));
  const { signal } = options;
  const connected = Promise.all([video.connect(pc, { signal }), audio?.connect(pc, { signal })]).then(() => {});
  connected.catch(() => {});
  return connect(
    pc,
    () => connectWhip(pc, options),
    () => connected,
  );
}

/**
 * Receives messages by WHEP in a connection of its own, as `publishVideo` publishes. A receiver that gets another
 * connection for the same participant is told nothing again that it was told before.
 *
 * @param participantId Names the feed, and its group.
 */
export async function receiveMessages(
  receiver: MessageReceiver,
  participantId: string,
  options: MediaConnectOptions,
): Promise<MediaConnection> {
  const pc = new RTCPeerConnection(peerConfig({ loopback: isLoopbackHost(new URL(options.url).hostname) }));
  const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
  const feed = { ...weriftFeed(transceiver), name: participantId };
  const attachment = receiver.attach(feed, { group: participantId });
  const detach = (): void => attachment[Symbol.dispose]();
  try {
    const connection = await connect(
      pc,
      () => connectWhep(pc, options),
      () => connectedPeer(pc, options.signal),
    );
    return {
      ...connection,
      close: async () => {
        detach();
        await connection.close();
      },
    };
  } catch (error) {
    detach();
    throw error;
  }
}

async function connect(
  pc: RTCPeerConnection,
  join: () => Promise<StageSession>,
  connected: () => Promise<void>,
): Promise<MediaConnection> {
  let session: StageSession | undefined;
  try {
    const joined = await join();
    session = joined;
    await connected();
    return { location: joined.location, lost: lossOf(pc), close: () => joined.close() };
  } catch (error) {
    await session?.close();
    await pc.close();
    throw error;
  }
}
