/**
 * An encoder that knows nothing of messages: plays a clip until its parent disconnects or says that it
 * is to end, and tells when each picture left.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { splitAccessUnits } from "@inband/h264";
import { openEncoder } from "./encoder.ts";
import type { Played, SenderOptions } from "./peers.ts";

const { file, encoder: name, ...video }: SenderOptions = JSON.parse(process.argv[2] ?? "");
const pictures = [...splitAccessUnits(await readFile(file))].map((unit) => ({
  ...unit,
  kind: "video" as const,
  codec: "h264" as const,
  timestamp: 0,
}));
const [keyFrame] = pictures;
if (!keyFrame) throw new Error(`${file} holds no picture`);
const encoder = await openEncoder(name, { ...video, keyFrame });
let isOver = false;
process.once("message", () => {
  isOver = true;
});
process.once("disconnect", () => process.exit());
const beginMs = performance.now();
for (let frame = 0; !isOver; frame += 1) {
  const dueMs = beginMs + (frame * 1000) / video.framerate;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
  const atMs = performance.timeOrigin + performance.now();
  await encoder.write(pictures[frame % pictures.length] ?? keyFrame, frame);
  process.send?.({ frame, atMs } satisfies Played);
}
await encoder.close();
process.exit();
