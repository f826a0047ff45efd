/**
 * Records one long event of 25 pictures a second that is never over, and prints the number of each picture, which also rides
 * in it. Ends when it is killed.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { buildUserDataSei, insertSei } from "@inband/h264";
import { Mp4Recorder } from "@inband/recorder";
import { encodedPictures } from "@inband/rig/encoded-pictures";

const [folder = ""] = process.argv.slice(2);
const size = { width: 160, height: 120, framerate: 25, bitrate: 300_000, keyFrameInterval: 1 };
const pictures = await encodedPictures({ ...size, frames: 250 });
const recorder = new Mp4Recorder({ folder, pattern: "killed.mp4", postEventFrames: 100_000 });
for (let index = 0; ; index += 1) {
  const picture = { ...(pictures[index % pictures.length] as (typeof pictures)[0]), timestamp: index * 40_000 };
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, index);
  recorder.write(insertSei(picture, [buildUserDataSei({ uuid: new Uint8Array(16).fill(7), payload })]));
  if (index === 0) recorder.record({ type: "long" });
  console.log(index);
  await sleep(4);
}
