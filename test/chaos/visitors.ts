import { SeiPublisher } from "@inband/publisher";
import { accessUnit, framesPerSecond } from "@inband/rig/access-unit";
import type { SeparateStage } from "@inband/rig/stage/separate-stage";
import { until } from "@inband/rig/until";
import { loopbackPeer, offer } from "@inband/rig/werift/peer";
import { connectWhep, connectWhip, type StageSession } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { WeriftVideo, weriftFeed } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { WebSocket } from "ws";

/** Somebody who is on the stage, and goes in one way or the other. */
export interface Visitor {
  readonly participantId: string;
  /** Goes in good order. */
  leave(): Promise<void>;
  /** Goes without a word, as a process that is killed. */
  vanish(): Promise<void>;
}

/** Somebody who publishes video in real time, with messages. */
export interface PublishingVisitor extends Visitor {
  readonly publisher: SeiPublisher<number>;
}

/** Somebody who receives, and the numbers that came. */
export interface ReceivingVisitor extends Visitor {
  readonly numbers: readonly number[];
}

export async function publishOn(stage: SeparateStage, participantId: string): Promise<PublishingVisitor> {
  const pc = loopbackPeer();
  const video = new WeriftVideo();
  const publisher = new SeiPublisher<number>();
  publisher.on("error", () => {});
  publisher.attach(video);
  const url = `${stage.url}/publish/${participantId}`;
  const connected = video.connect(pc);
  const session = await connectWhip(pc, { url, token: await stage.token(participantId) });
  await connected;
  let index = 0;
  const timer = setInterval(() => {
    video.write(accessUnit(index, { isKeyFrame: index % 60 === 0 }));
    index += 1;
  }, 1000 / framesPerSecond);
  return {
    ...{ participantId, publisher },
    ...exits(pc, session, () => {
      clearInterval(timer);
      publisher.close();
      video.close();
    }),
  };
}

export async function receiveOn(stage: SeparateStage, participantId: string, from: string): Promise<ReceivingVisitor> {
  const pc = loopbackPeer();
  const subscriber = new SeiSubscriber<number>();
  const numbers: number[] = [];
  subscriber.on("error", () => {});
  subscriber.on("message", ({ value }) => numbers.push(value));
  subscriber.attach(weriftFeed(pc.addTransceiver("video", { direction: "recvonly" })));
  const url = `${stage.url}/subscribe/${from}`;
  const session = await connectWhep(pc, { url, token: await stage.token(participantId) });
  await until(() => pc.connectionState === "connected" || pc.connectionState === "closed");
  return { participantId, numbers, ...exits(pc, session, () => subscriber.close()) };
}

/** Somebody who joins by the events socket alone. */
export async function joinOn(stage: SeparateStage, participantId: string): Promise<Visitor> {
  const socket = new WebSocket(`${stage.url.replace(/^http/, "ws")}/`, await stage.token(participantId));
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("message", resolve));
  return {
    participantId,
    async leave() {
      socket.close();
    },
    async vanish() {
      // Answers no ping any more, and does not notice that the stage ends it.
      socket.pause();
    },
  };
}

/** Leaves an offer and never connects. */
export async function offerOn(stage: SeparateStage, participantId: string): Promise<void> {
  const pc = loopbackPeer();
  pc.addTransceiver("video", { direction: "recvonly" });
  const { sdp } = await offer(pc);
  await pc.close();
  const response = await fetch(`${stage.url}/subscribe/main`, {
    ...{ method: "POST", body: sdp },
    headers: { "content-type": "application/sdp", authorization: `Bearer ${await stage.token(participantId)}` },
  });
  await response.text();
  if (response.status !== 201) throw new Error(`the stage answers an offer with ${response.status}`);
}

function exits(pc: RTCPeerConnection, session: StageSession, stop: () => void): Pick<Visitor, "leave" | "vanish"> {
  return {
    async leave() {
      stop();
      await session.close();
      await pc.close();
    },
    async vanish() {
      stop();
      // werift tells the other side nothing.
      await pc.close();
    },
  };
}
