import type { Connection, StageTarget } from "@inband/stage-protocol";
import type { SeiFeed } from "@inband/stream";
import { peerConfig, type WeriftVideo, weriftFeed } from "@inband/werift";
import { RTCPeerConnection } from "werift";
import { isLoopbackHost } from "../loopback-host.ts";
import { connectWhep, connectWhip } from "./connect.ts";
import { connectedPeer, lossOf } from "./peer-loss.ts";
import type { StageSession } from "./stage-session.ts";

/** What takes the messages of a participant: a `SeiSubscriber`. */
export interface MessageReceiver {
  attach(feed: SeiFeed, options: { readonly group: string }): Disposable;
}

/** Publishes a video in a connection of its own. */
export async function publishVideo(video: WeriftVideo, options: StageTarget): Promise<Connection> {
  const pc = new RTCPeerConnection(peerConfig({ loopback: isLoopbackHost(new URL(options.url).hostname) }));
  const connected = video.connect(pc, { signal: options.signal });
  connected.catch(() => {});
  return connect(
    pc,
    () => connectWhip(pc, options),
    () => connected,
  );
}

/** Receives the messages of a participant in a connection of its own. Those that came before are not told again. */
export async function receiveMessages(
  receiver: MessageReceiver,
  participantId: string,
  options: StageTarget,
): Promise<Connection> {
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
      lost: connection.lost,
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
): Promise<Connection> {
  let session: StageSession | undefined;
  try {
    session = await join();
    await connected();
    return { lost: lossOf(pc), close: () => session?.close() ?? Promise.resolve() };
  } catch (error) {
    await session?.close();
    await pc.close();
    throw error;
  }
}
