import { dataChannelFeed } from "@inband/data-channel";
import type { Connection } from "@inband/stage-protocol";
import type { NoH264Error, SeiFeed } from "@inband/stream";
import { browserFeed } from "../browser-feed.ts";
import { preferH264 } from "../prefer-h264.ts";
import { attachOpen } from "./attach-open.ts";
import type { MessageReceiver, StageTrack } from "./join-stage-options.ts";
import { connectToStage, type PageTarget } from "./stage-connection.ts";
import { connectWhep } from "./whip.ts";

/** Whom to receive, and who gets what comes. */
export interface ParticipantReceiver {
  readonly participantId: string;
  readonly receiver: MessageReceiver;
  readonly onTrack: (track: StageTrack) => void;
  /** Present where the browser takes no H.264. */
  readonly noVideo: NoH264Error | undefined;
}

/**
 * Receives a participant in a connection of its own: its video with the messages in it and its sound, or the messages
 * over a data channel, where there is no H.264. Firefox never connects where a section of video is declined, so that the
 * channel is then all that is offered.
 */
export function receiveParticipant(of: ParticipantReceiver, target: PageTarget): Promise<Connection> {
  const { participantId, receiver, onTrack, noVideo } = of;
  return connectToStage(connectWhep, target, (connection) => {
    const feed = noVideo ? channelFeed(connection) : videoFeed(connection);
    const named = { ...feed, name: participantId };
    const attachment = attachOpen(() => receiver.attach(named, { group: participantId }));
    const stream = new MediaStream();
    connection.addEventListener("track", ({ track }) => {
      stream.addTrack(track);
      const presentWith = (video: HTMLVideoElement): void => void attachment?.presentWith?.(video);
      // In a turn of its own: what the application throws is its own, and ends no connection.
      queueMicrotask(() => onTrack({ participantId, track, stream, presentWith }));
    });
    return () => attachment?.[Symbol.dispose]();
  });
}

function videoFeed(connection: RTCPeerConnection): SeiFeed {
  const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
  const feed = browserFeed(transceiver.receiver);
  preferH264(transceiver);
  connection.addTransceiver("audio", { direction: "recvonly" });
  return feed;
}

function channelFeed(connection: RTCPeerConnection): SeiFeed {
  return dataChannelFeed(connection.createDataChannel("messages"));
}
