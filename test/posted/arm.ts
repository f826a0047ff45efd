import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@inband/rig/random";
import type { SeparateStage } from "@inband/rig/stage/separate-stage";
import { until } from "@inband/rig/until";
import { MessageReader } from "./message-reader.ts";
import { Peer, type Played, type ReaderOptions, type SenderOptions, type VideoReading } from "./peers.ts";
import { type Posted, postNumber } from "./poster.ts";

/** Clocks of processes of one machine agree within this; ids of messages have milliseconds. */
const clockToleranceMs = 2;

/** One publication of an encoder, and what was posted into it. */
export interface ArmOptions extends Pick<SenderOptions, "width" | "height" | "framerate" | "encoder"> {
  /** The clip, Annex B. */
  readonly clip: string;
  /** Where the access units go as they come to the subscriber. */
  readonly received: string;
  /** Names the participant. */
  readonly name: string;
  readonly seconds: number;
  /** Messages that are posted between two pictures; every `everyFrames` pictures. */
  readonly messages: number;
  readonly everyFrames: number;
}

/** What came of it. */
export interface ArmResult {
  readonly posted: readonly Posted[];
  readonly video: VideoReading;
  /** Ids of the messages as the reader without video heard them. */
  readonly readIds: readonly string[];
  /** Bytes of both readers while messages were posted. */
  readonly bytes: { readonly messages: number; readonly video: number; readonly videoPackets: number };
  /** Pictures that left after the stage had taken the message and before the one that carried it; 0 on the next one. */
  readonly framesLate: readonly number[];
  /** Number of the first picture that is stored. */
  readonly firstFrame: number;
  /** Milliseconds from the encoder to the last packet of the picture, by picture. */
  readonly latenciesMs: readonly number[];
  /** CPU time of the stage in a second. */
  readonly cpuMsPerSecond: number;
}

/** Plays the clip through a stage and posts messages into it, 0 for none. */
export async function runArm(stage: SeparateStage, options: ArmOptions): Promise<ArmResult> {
  const { clip, received, name, seconds, messages, everyFrames, ...video } = options;
  const token = await stage.token(name);
  const played: number[] = [];
  await using sender = new Peer<Played>("sender-process.ts", {
    url: `${stage.url}/publish/${name}`,
    token,
    file: clip,
    ...video,
  });
  sender.onAnswer(({ frame, atMs }) => {
    played[frame] = atMs;
  });
  await until(() => played.length > 0);
  const viewerToken = await stage.token(`${name}-viewer`);
  const viewer: ReaderOptions = { url: stage.url, path: `/subscribe/${name}`, token: viewerToken, file: received };
  await using reader = new Peer<VideoReading>("reader-process.ts", viewer);
  await reader.next();
  using messageReader = new MessageReader(stage.url, `/${name}/messages`, viewerToken);
  // Behind what a new subscriber costs.
  await sleep(1500);
  const before = await reader.ask();
  const cpuBefore = await stage.cpuUs();
  const bytesBefore = messageReader.bytes;
  const random = new Random(seconds);
  const posting: Promise<Posted>[] = [];
  // Whoever posts knows nothing of pictures.
  const postLater = async (number: number): Promise<Posted> => {
    await sleep((random.fraction() * 1000) / video.framerate);
    return await postNumber(`${stage.url}/${name}/messages`, token, number);
  };
  const beginFrame = played.length;
  const endFrame = beginFrame + seconds * video.framerate;
  let number = 0;
  for (let next = beginFrame; next < endFrame; next += everyFrames) {
    while (played.length <= next) await sleep(1);
    if (messages === 0) continue;
    for (let count = 0; count < messages; count += 1) {
      posting.push(postLater(number));
      number += 1;
    }
  }
  const posted = await Promise.all(posting);
  const cpuMsPerSecond = ((await stage.cpuUs()) - cpuBefore) / 1000 / seconds;
  const after = await reader.ask();
  const bytes = {
    messages: messageReader.bytes - bytesBefore,
    video: after.bytes - before.bytes,
    videoPackets: after.packets - before.packets,
  };
  // Copies on key frames, and what the reader has to hear yet.
  await sleep(1000);
  const reading = await reader.ask();
  await sender.end();
  const ticks = 90_000 / video.framerate;
  const firstTimestamp = startOf(reading, played, ticks);
  const frameOf = (rtpTimestamp: number) => Math.round(((rtpTimestamp - firstTimestamp) >>> 0) / ticks);
  const framesLate = posted.map(({ id, rtpTimestamp }) => {
    const takenAtMs = timeOf(id) + clockToleranceMs;
    const next = played.findIndex((leftAtMs) => leftAtMs > takenAtMs);
    return Math.max(0, frameOf(rtpTimestamp) - next);
  });
  const latenciesMs = reading.accessUnits.flatMap(([rtpTimestamp, atMs]) => {
    const frame = frameOf(rtpTimestamp);
    const leftAtMs = played[frame];
    return frame >= beginFrame && frame < endFrame && leftAtMs !== undefined ? [atMs - leftAtMs] : [];
  });
  const firstFrame = frameOf(reading.accessUnits[0]?.[0] ?? Number.NaN);
  return {
    posted,
    video: reading,
    readIds: messageReader.ids,
    bytes,
    framesLate,
    firstFrame,
    latenciesMs,
    cpuMsPerSecond,
  };
}

/** When a message was published, by its id (RFC 9562 5.7). */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

/** The RTP timestamp of the first picture: the one by which most pictures came when they had just left. */
function startOf({ accessUnits }: VideoReading, played: readonly number[], ticks: number): number {
  const votes = new Map<number, number>();
  for (const [rtpTimestamp, atMs] of accessUnits) {
    const frame = played.findLastIndex((leftAtMs) => leftAtMs <= atMs);
    const start = (rtpTimestamp - Math.round(frame * ticks)) >>> 0;
    votes.set(start, (votes.get(start) ?? 0) + 1);
  }
  const [best] = [...votes].toSorted(([, a], [, b]) => b - a);
  if (!best) throw new Error("no picture came");
  return best[0];
}
