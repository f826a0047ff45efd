import { readFile, writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, splitAccessUnits } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { frameHashes } from "@inband/rig/ffmpeg";
import { percentile } from "@inband/rig/percentile";
import { SeparateStage } from "@inband/rig/stage/separate-stage";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { type ArmResult, runArm } from "./arm.ts";
import type { EncoderName } from "./encoder.ts";

/** What OBS sends by default: 2500 kbit/s, a key frame every two seconds. */
const video = { width: 1280, height: 720, framerate: 30 } as const;
const bitrate = 2_500_000;
const clipFrames = 120;

/** A busy chat, by which the bytes of a reader without video are judged. */
const chat = { messages: 1, everyFrames: 3, perSecond: 10 } as const;

/** How much to post. */
export interface PostedOptions {
  readonly messages: number;
  /** Posted in a second. @defaultValue two between two pictures */
  readonly perSecond?: number;
  readonly encoder: EncoderName;
  readonly progress?: (line: string) => void;
}

/** What came of it. */
export interface PostedResult {
  readonly posted: number;
  /** Of those, on the next picture that came after the stage had taken the message. */
  readonly onNextFrame: number;
  readonly mostFramesLate: number;
  readonly refused: number;
  readonly received: number;
  readonly twice: number;
  /** Pictures that FFmpeg decodes otherwise than those of the same stream without messages. */
  readonly differentPictures: number;
  readonly pictures: number;
  /** Milliseconds from the encoder to the subscriber: without and with messages, each twice, by turns. */
  readonly without: readonly Latency[];
  readonly with: readonly Latency[];
  /** Whether a reader without video heard the same ids in the same order. */
  readonly isSameOrder: boolean;
  /** Its bytes over those of the video, at 10 messages a second. */
  readonly shareOfBytes: number;
  readonly bytesPerMessage: number;
  /** What went wrong. */
  readonly errors: readonly string[];
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Posts messages into what an encoder sends through a stage, and compares with the same video without. */
export async function runPosted({ messages, perSecond = 60, encoder, progress }: PostedOptions): Promise<PostedResult> {
  await using folder = await temporaryFolder();
  const pictures = await encodedPictures({ ...video, frames: clipFrames, bitrate, keyFrameInterval: 2 });
  const clip = folder.file("clip.264");
  await writeFile(clip, joinAnnexB(pictures.flatMap(({ nalUnits }) => nalUnits)));
  await using stage = await SeparateStage.start();
  const perFrame = Math.max(1, Math.round(perSecond / video.framerate));
  const seconds = Math.ceil(messages / 2 / perFrame / video.framerate);
  const arm = async (
    name: string,
    options: Pick<Parameters<typeof runArm>[1], "messages" | "everyFrames" | "seconds">,
  ) => {
    const result = await runArm(stage, {
      ...video,
      ...options,
      encoder,
      name,
      clip,
      received: folder.file(`${name}.264`),
    });
    const { p50, p95, p99 } = latencyOf(result);
    progress?.(
      `${name}: ${result.posted.length} posted, p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, stage ${result.cpuMsPerSecond.toFixed(0)} ms of CPU a second`,
    );
    return result;
  };
  const without: ArmResult[] = [];
  const posted: ArmResult[] = [];
  let differentPictures = 0;
  let decoded = 0;
  for (const turn of [1, 2]) {
    without.push(await arm(`without-${turn}`, { seconds, messages: 0, everyFrames: 1 }));
    const result = await arm(`with-${turn}`, { seconds, messages: perFrame, everyFrames: 1 });
    posted.push(result);
    const file = folder.file(`with-${turn}.264`);
    const units = [...splitAccessUnits(await readFile(file))].length;
    const reference = folder.file("reference.264");
    await writeFile(
      reference,
      joinAnnexB(from(pictures, result.firstFrame, units).flatMap(({ nalUnits }) => nalUnits)),
    );
    const [ours, theirs] = [await frameHashes(file), await frameHashes(reference)];
    decoded += theirs.length;
    differentPictures +=
      theirs.filter((hash, index) => hash !== ours[index]).length + Math.max(0, ours.length - theirs.length);
  }
  const chatting = await arm("chat", {
    seconds: Math.min(30, seconds),
    messages: chat.messages,
    everyFrames: chat.everyFrames,
  });
  const all = [...posted, chatting];
  const framesLate = all.flatMap(({ framesLate }) => framesLate);
  const ids = all.flatMap(({ video }) => video.ids);
  return {
    posted: framesLate.length,
    onNextFrame: framesLate.filter((late) => late === 0).length,
    mostFramesLate: Math.max(...framesLate),
    refused: all.flatMap(({ posted }) => posted).filter(({ status }) => status !== 201).length,
    received: new Set(ids).size,
    twice: ids.length - new Set(ids).size,
    differentPictures,
    pictures: decoded,
    without: without.map(latencyOf),
    with: posted.map(latencyOf),
    isSameOrder: all.every(({ readIds, video }) => readIds.join() === video.ids.join()),
    shareOfBytes: chatting.bytes.messages / chatting.bytes.video,
    bytesPerMessage: chatting.bytes.messages / chatting.posted.length,
    errors: [...without, ...all].flatMap(({ video: { errors, broken } }) => [
      ...errors,
      ...(broken === 0 ? [] : [`${broken} pictures did not come whole`]),
    ]),
  };
}

/** What the encoder played from a picture on. */
function from(pictures: readonly AccessUnit[], firstFrame: number, count: number): AccessUnit[] {
  return Array.from({ length: count }, (_, index) => pictures[(firstFrame + index) % pictures.length] as AccessUnit);
}

function latencyOf({ latenciesMs }: ArmResult): Latency {
  return { p50: percentile(latenciesMs, 0.5), p95: percentile(latenciesMs, 0.95), p99: percentile(latenciesMs, 0.99) };
}
