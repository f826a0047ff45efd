/**
 * Shows how to run the whole way of a message in one file: a stage, one participant that publishes and one that subscribes.
 *
 * 1. serve a stage on this machine and make a token for each participant,
 * 2. join it as alice, with live H.264 video and a publisher of messages,
 * 3. join it as bob, with a subscriber,
 * 4. publish three messages, wait for their receipts, and print them as bob receives them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { joinStage } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { WeriftVideo } from "@inband/werift";

interface Chat {
  readonly user: string;
  readonly text: string;
}

const stage = createStage();
const served = await serveStage(stage);
const tokenFor = (participantId: string) => stage.createToken({ participantId, url: served.url });

const video = new WeriftVideo();
const publisher = new SeiPublisher<Chat>();
publisher.on("error", (error) => console.error(error.message));
publisher.attach(video);
const alice = await joinStage({ token: await tokenFor("alice"), publish: video });

const subscriber = new SeiSubscriber<Chat>();
subscriber.on("error", (error) => console.error(error.message));
const bob = await joinStage({ token: await tokenFor("bob"), subscribe: subscriber });

const size = { width: 640, height: 360, framerate: 30 };
const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 1_000_000 });
video.connectEncoder(encoder);
let isOver = false;
const streaming = stream();

// Bob joins the video of alice as soon as there is one.
while (subscriber.stats().accessUnits === 0) await sleep(100);
const messages = subscriber.messages({ topic: "chat" });
for (const text of ["hello", "this line rides inside a frame", "and so does this one"]) {
  const { sent } = publisher.publish({ user: "alice", text }, { topic: "chat" });
  const receipt = await sent;
  console.log(`${receipt.outcome}: ${text}`);
}
let count = 0;
for await (const { value, feed, rtpTimestamp } of messages) {
  console.log(`bob received from ${feed}: ${value.text} (frame ${rtpTimestamp})`);
  if (++count === 3) break;
}

// In order: the last heartbeat of the publisher says goodbye, and rides on the pictures that follow it.
publisher.close();
await sleep(1000);
isOver = true;
await streaming;
await Promise.all([alice.leave(), bob.leave()]);
subscriber.close();
video.close();
encoder.close();
await served.close();
await stage.close();

async function stream(): Promise<void> {
  for await (const frame of testPicture({ ...size, realtime: true })) {
    const accessUnit = await encoder.encode(frame);
    if (accessUnit) video.write(accessUnit);
    if (isOver) break;
  }
}
