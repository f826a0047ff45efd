/**
 * Shows how to record events of a live stream with what was before them, messages included.
 *
 * 1. encode a moving picture once, with what a detector says of each frame inside,
 * 2. send it to an RTMP server, where one is named on the command line,
 * 3. record two events that overlap, each into an MP4 file with the 50 frames before it,
 * 4. read the files back, and print which messages are on which frames.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openSource } from "@inband/media";
import { testPicture } from "@inband/media/frames";
import { type FrameMessage, SeiPipeline } from "@inband/pipeline";
import type { RecordingInfo } from "@inband/recorder";
import { accessUnitFeed, SeiSubscriber } from "@inband/subscriber";

const [server] = process.argv.slice(2);
const size = { width: 320, height: 240, framerate: 25 };
const folder = await mkdtemp(join(tmpdir(), "events-"));

const pipeline = new SeiPipeline({
  encoder: { ...size, codec: "libx264", bitrate: 500_000 },
  recorder: { folder, pattern: "{taskId}_{eventType}.mp4" },
  triggers: [{ type: "detection", classes: ["person"], minConfidence: 0.7, cooldownMs: 60_000 }],
});
const recordings: RecordingInfo[] = [];
pipeline.on("recordingCompleted", (recording) => recordings.push(recording));
pipeline.on("recordingFailed", (error) => console.error(error.message));
pipeline.on("outputFailed", (error) => console.error(error.message));
await pipeline.start(server);

let frames = 0;
for await (const frame of testPicture({ ...size, frames: 250, realtime: server !== undefined })) {
  // A person comes into the picture, and somebody presses a button while that is recorded.
  const detections = frames >= 120 ? [{ class: "person", confidence: 0.9, box: [frames, 40, 30, 80] as const }] : [];
  const { event } = await pipeline.pushFrame(frame, { inference: { detections }, taskId: "gate" });
  if (event) console.log(`frame ${frames}: ${event.type} of ${event.detections[0]?.class}`);
  if (frames === 140) pipeline.triggerEvent("button", { taskId: "gate" });
  frames += 1;
}
await pipeline.stop();

for (const { path, preEventFrames, frames: recorded } of recordings) {
  const subscriber = new SeiSubscriber<FrameMessage>();
  const numbers: number[] = [];
  subscriber.on("message", ({ value }) => numbers.push(value.fc));
  const ended = new Promise((resolve) => subscriber.on("ended", resolve));
  subscriber.attach(accessUnitFeed(await openSource(path)));
  await ended;
  subscriber.close();
  const span = `frames ${numbers[0]} to ${numbers.at(-1)}`;
  console.log(
    `${basename(path)}: ${recorded} frames, ${preEventFrames} up to the event, ${numbers.length} messages, of ${span}`,
  );
}
console.log(`The recordings are in ${folder}.`);
