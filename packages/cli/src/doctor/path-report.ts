import { formatUuid } from "@inband/h264";
import { shownInput } from "@inband/media";
import {
  type Explanation,
  explain,
  type JudgeOptions,
  judge,
  type MessageVerdict,
  type PicturesVerdict,
  type Probe,
  type VerdictCounts,
} from "@inband/media/probe";
import { sentenceOf } from "../tell-error.ts";
import type { EndReading } from "./read-end.ts";

/** A message that did not come as it was. */
export interface HarmedMessage {
  readonly number: number;
  readonly uuid: string;
  /** Of UUID and payload. */
  readonly bytes: number;
  readonly content: string;
  readonly outcome: string;
  /** Of UUID and payload, as they came; absent where nothing came. */
  readonly cameBytes?: number;
  /** Which SEI NAL unit of its access unit it was in, and which message of that. */
  readonly nalUnit: number;
  readonly place: number;
  readonly picture: number;
  readonly isKeyFrame: boolean;
}

/** What was found at one end; `--json` prints it as it is. */
export interface HopReport {
  /** Without credentials. */
  readonly end: string;
  /**
   * - `kept`: every message came as it was, once, in order, with its picture.
   * - `lost`: not so.
   * - `unreadable`: nothing could be read there.
   */
  readonly outcome: "kept" | "lost" | "unreadable";
  readonly messages?: VerdictCounts;
  readonly pictures?: PicturesVerdict;
  readonly explanations: readonly Explanation[];
  /** Absent where nothing was harmed. */
  readonly harmed?: readonly HarmedMessage[];
}

/** What a path did; `--json` prints it as it is. */
export interface PathReport {
  /** Where it was sent, without credentials. */
  readonly sentTo: string;
  /** What was sent, in words. */
  readonly video: string;
  readonly pictures: number;
  readonly messages: number;
  readonly tookMs: number;
  /** Why the connection to where it was sent ended too soon; absent where it did not. */
  readonly failure?: string;
  readonly isKept: boolean;
  readonly hops: readonly HopReport[];
}

/** Judges what was read at an end. */
export function hopReport(probe: Probe, url: string, reading: EndReading, options: JudgeOptions): HopReport {
  const end = shownInput(url);
  if (reading.failure !== undefined) return unreadable(end, reading.failure);
  const verdict = judge(probe, reading.accessUnits, options);
  const harmed = verdict.messages.filter(isHarmed).map(harmedMessage);
  return {
    end,
    outcome: verdict.isIntact ? "kept" : "lost",
    messages: verdict.counts,
    pictures: verdict.pictures,
    explanations: explain(verdict),
    ...(harmed.length === 0 ? {} : { harmed }),
  };
}

function unreadable(end: string, failure: Error): HopReport {
  const message = sentenceOf(failure);
  const advice = "Check the address and the token, and that this end plays what is sent to the first one.";
  return { end, outcome: "unreadable", explanations: [{ code: "no-video", isHarm: true, message, advice }] };
}

function isHarmed({ outcome, times, isReordered, isMoved }: MessageVerdict): boolean {
  return outcome !== "kept" || times > 1 || isReordered || isMoved;
}

function harmedMessage({ message, outcome, bytes, picture, isKeyFrame }: MessageVerdict): HarmedMessage {
  const { number, uuid, payload, content, nalUnit, place } = message;
  return {
    ...{ number, uuid: formatUuid(uuid), bytes: 16 + payload.length, content, outcome },
    ...(bytes === undefined ? {} : { cameBytes: bytes }),
    ...{ nalUnit, place, picture, isKeyFrame },
  };
}
