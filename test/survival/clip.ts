import { writeFile } from "node:fs/promises";
import { type AccessUnit, isVclNalUnit, joinAnnexB } from "@inband/h264";
import { type ProbedPicture, probeMessage } from "@inband/media/probe";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
} from "mediabunny";
import {
  type Arrangement,
  apart,
  awkwardContents,
  behindSlice,
  largest,
  legalArrangements,
  referenceHeader,
  sizes,
} from "./arrangement.ts";

export const framerate = 30;
/** Pictures from one key frame to the next. */
const picturesPerGop = 8;
/** Before the first message: a reader may come late, and a player needs to get going. */
const leadPictures = 4 * picturesPerGop;
/** Behind the last message: SRT and HLS lose the end of a sender that leaves. */
const tailPictures = 2 * picturesPerGop;
const size = { width: 320, height: 180, framerate };

/** A clip with messages, for one run through a box. */
export interface Clip {
  readonly name: string;
  readonly accessUnits: readonly AccessUnit[];
  /** The same pictures without messages. */
  readonly bare: readonly AccessUnit[];
  /** What was sent, for `judge`. */
  readonly probe: { readonly id: string; readonly pictures: readonly ProbedPicture[] };
  /** The arrangement of each message, by its number. */
  readonly arrangements: readonly Arrangement[];
}

/** What goes through a box one after the other: what is forbidden is kept from what is not, since it may end a box. */
interface ClipPlan {
  readonly name: string;
  readonly arrangements: readonly Arrangement[];
  /** Every how many pictures there is a message. */
  readonly every?: number;
}

export const clipPlans: readonly ClipPlan[] = [
  { name: "positions", arrangements: legalArrangements },
  { name: behindSlice.name, arrangements: [behindSlice] },
  { name: referenceHeader.name, arrangements: [referenceHeader] },
  { name: apart.name, arrangements: [apart] },
  { name: "sizes", arrangements: [...sizes, ...awkwardContents] },
  { name: largest.name, arrangements: [largest], every: 4 },
];

/**
 * Makes a clip.
 *
 * @param times How many pictures each arrangement gets, at least.
 */
export async function makeClip({ name, arrangements, every = 1 }: ClipPlan, id: string, times: number): Promise<Clip> {
  const onKeyFrames = arrangements.filter(({ isForKeyFrames }) => isForKeyFrames);
  const others = arrangements.filter(({ isForKeyFrames }) => !isForKeyFrames);
  const gops = Math.max(Math.ceil((others.length * times * every) / (picturesPerGop - 1)), onKeyFrames.length * times);
  const body = gops * picturesPerGop;
  const pictures = await encodedPictures({
    ...size,
    frames: leadPictures + body + tailPictures,
    bitrate: 300_000,
    keyFrameInterval: picturesPerGop / framerate,
  });
  const used: Arrangement[] = [];
  const probed: ProbedPicture[] = [];
  let [keyFrames, between] = [0, 0];
  const accessUnits = pictures.flatMap((accessUnit, index) => {
    const { isKeyFrame, timestamp } = accessUnit;
    const isBody = index >= leadPictures && index < leadPictures + body && index % every === 0;
    const choice = isKeyFrame && onKeyFrames.length > 0 ? onKeyFrames : others;
    const arrangement = isBody ? choice[(choice === onKeyFrames ? keyFrames++ : between++) % choice.length] : undefined;
    const arranged = arrangement?.arrange(accessUnit, () => {
      const { payloadBytes = 100, content = "counting", payloadType = 5 } = arrangement;
      return probeMessage(id, used.push(arrangement) - 1, { payloadBytes, content, payloadType });
    });
    const slices = accessUnit.nalUnits.filter(isVclNalUnit);
    probed.push({ timestamp, isKeyFrame, slices, messages: arranged?.messages ?? [], others: 0 });
    if (arranged === undefined) return [accessUnit];
    const { ahead, nalUnits } = arranged;
    const halfBefore = timestamp - Math.round(1_000_000 / framerate / 2);
    return [
      ...(ahead ? [{ ...accessUnit, nalUnits: ahead, timestamp: halfBefore, isKeyFrame: false }] : []),
      { ...accessUnit, nalUnits },
    ];
  });
  return { name, accessUnits, bare: pictures, probe: { id, pictures: probed }, arrangements: used };
}

/** Writes a clip as MP4, each access unit one sample, parameter sets in band: nothing of it is left out or moved. */
export function writeMp4(accessUnits: readonly AccessUnit[], path: string): Promise<void> {
  return writeBy(new Mp4OutputFormat(), accessUnits, path);
}

/** Writes a clip by mediabunny. */
export async function writeBy(format: OutputFormat, accessUnits: readonly AccessUnit[], path: string): Promise<void> {
  const target = new BufferTarget();
  const output = new Output({ format, target });
  const source = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(source);
  await output.start();
  const decoderConfig = { codec: "avc1.42c01e", codedWidth: size.width, codedHeight: size.height };
  for (const { nalUnits, timestamp, isKeyFrame } of accessUnits) {
    const packet = new EncodedPacket(
      joinAnnexB(nalUnits),
      isKeyFrame ? "key" : "delta",
      timestamp / 1e6,
      1 / framerate,
    );
    await source.add(packet, { decoderConfig });
  }
  await output.finalize();
  await writeFile(path, new Uint8Array(target.buffer ?? new ArrayBuffer(0)));
}
