import { buildUserDataUnregistered, escapeRbsp, formatUuid } from "@inband/h264";
import type { MessageVerdict, ProbeVerdict } from "./verdict.ts";

/** What happened, for programs. `unexplained` are losses that follow no pattern looked for. */
export type ExplanationCode =
  | "no-video"
  | "re-encoded"
  | "sei-dropped"
  | "user-data-dropped"
  | "pictures-lost"
  | "pictures-changed"
  | "pictures-added"
  | "size-limit"
  | "size-cut"
  | "uuid-filtered"
  | "first-message-only"
  | "first-nal-unit-only"
  | "key-frames-only"
  | "escaping"
  | "merged"
  | "doubled"
  | "moved"
  | "reordered"
  | "unexplained";

/** One thing that happened, in words. */
export interface Explanation {
  readonly code: ExplanationCode;
  /** Whether something was lost, or comes in a way that receivers must know of. */
  readonly isHarm: boolean;
  /** What happened and what most likely did it, in a sentence or two. */
  readonly message: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly advice: string;
}

const passThrough = "Let this hop pass the video through (copy, passthrough) or";

/** Says what a verdict comes from, the worst first. Nothing for a path that does nothing to the stream. */
export function explain(verdict: ProbeVerdict): Explanation[] {
  const { counts, pictures } = verdict;
  if (pictures.outcome === "none" && counts.sent > 0) {
    const message = "No picture came.";
    return [{ code: "no-video", isHarm: true, message, advice: "Check that this end plays what the first one sends." }];
  }
  return [...explainPictures(verdict), ...explainLosses(verdict), ...explainOrder(verdict)];
}

function explainPictures({ pictures, counts }: ProbeVerdict): Explanation[] {
  const { outcome, sent, missing, changed, doubled, reordered, foreign } = pictures;
  const found: Explanation[] = [];
  if (outcome === "re-encoded") {
    const fate =
      counts.stripped === counts.sent
        ? "which loses all SEI"
        : `and ${counts.sent - counts.stripped} of ${counts.sent} messages were written again`;
    found.push({
      code: "re-encoded",
      isHarm: counts.kept < counts.sent,
      message: `The pictures were encoded again, ${fate}: a transcoder.`,
      advice:
        counts.kept < counts.sent
          ? `${passThrough} have its encoder write SEI again (FFmpeg: -udu_sei 1), or send messages past it.`
          : "",
    });
    return found;
  }
  if (missing > 0) {
    found.push({
      code: "pictures-lost",
      isHarm: true,
      message: `${missing} of ${sent} pictures did not come, nor what was in them: loss on the way, or a hop that drops frames.`,
      advice: "Send each message in several pictures (inband sends 3 to 5 copies), and look for loss or overload.",
    });
  }
  if (changed > 0) {
    const message = `${changed} of ${sent} pictures came with other slices: cut, or partly encoded again.`;
    found.push({ code: "pictures-changed", isHarm: true, message, advice: "Look for loss or a filter at this hop." });
  }
  const added = [
    doubled > 0 ? `${doubled} came twice` : "",
    reordered > 0 ? `${reordered} came late` : "",
    foreign > 0 ? `${foreign} were never sent` : "",
  ].filter(Boolean);
  if (added.length > 0) {
    const message = `Of ${pictures.received} pictures ${added.join(", ")}.`;
    const advice = "Look for a second publisher, or a hop that repeats or switches between streams.";
    found.push({ code: "pictures-added", isHarm: true, message, advice });
  }
  return found;
}

/** Half of all messages need emulation prevention: so many in a row are no chance. */
const broadEvidence = 8;

/** What tells the messages that were harmed from those that were kept. */
interface Pattern {
  readonly code: ExplanationCode;
  holds(verdict: MessageVerdict): boolean;
  /** Whether messages that were kept may hold it too. */
  readonly isBroad?: boolean;
  readonly message: string;
  readonly advice: string;
}

function explainLosses(verdict: ProbeVerdict): Explanation[] {
  const { counts, pictures, others } = verdict;
  const present = verdict.messages.filter(({ hasPicture }) => hasPicture);
  const harmed = present.filter(({ outcome }) => outcome !== "kept");
  if (harmed.length === 0) return [];
  if (counts.stripped === counts.sent) {
    if (pictures.outcome === "re-encoded") return [];
    return [others.sent > 0 && others.received > 0 ? userDataDropped : seiDropped];
  }
  const kept = present.filter(({ outcome }) => outcome === "kept");
  const pattern = patternsOf(harmed, kept).find(
    ({ holds, isBroad }) =>
      harmed.every((one) => holds(one)) && (isBroad ? harmed.length >= broadEvidence : !kept.some((one) => holds(one))),
  );
  if (pattern) {
    const { code, message, advice } = pattern;
    return [{ code, isHarm: true, message, advice }];
  }
  const fates = (["stripped", "truncated", "changed"] as const)
    .map((outcome) => [harmed.filter((one) => one.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  const message = `Of ${present.length} messages ${fates.join(", ")}, by no pattern known here.`;
  return [{ code: "unexplained", isHarm: true, message, advice: "Compare what --json says of each message." }];
}

const seiDropped: Explanation = {
  code: "sei-dropped",
  isHarm: true,
  message: "All SEI is gone and the pictures are whole: a filter that drops NAL unit type 6.",
  advice: "Switch that filter off (FFmpeg: filter_units; SRS: keep_avc_nalu_sei on), or send messages past this hop.",
};

const userDataDropped: Explanation = {
  code: "user-data-dropped",
  isHarm: true,
  message: "All user data is gone, while other SEI came: a filter that drops SEI payload type 5.",
  advice: "Switch that filter off, or send messages past this hop.",
};

/** The patterns looked for, the most telling first. */
function patternsOf(harmed: readonly MessageVerdict[], kept: readonly MessageVerdict[]): Pattern[] {
  const largestKept = kept.reduce((largest, one) => Math.max(largest, size(one)), 0);
  const smallestHarmed = harmed.reduce((smallest, one) => Math.min(smallest, size(one)), Number.POSITIVE_INFINITY);
  const uuids = new Set(harmed.map(uuidOf));
  const isCut = harmed.every(({ outcome }) => outcome === "truncated");
  const isGone = harmed.every(({ outcome }) => outcome === "stripped");
  const large = (one: MessageVerdict) => size(one) > largestKept;
  const patterns: Pattern[] = [];
  const add = (applies: boolean, pattern: Pattern): void => {
    if (applies) patterns.push(pattern);
  };
  add(isCut && kept.length > 0, {
    code: "size-cut",
    holds: large,
    message: `Messages of ${smallestHarmed} bytes and more (UUID included) are cut short; up to ${largestKept} come whole.`,
    advice: `Keep messages below ${largestKept} bytes, or lift the limit of this hop.`,
  });
  add(isGone && kept.length > 0, {
    code: "size-limit",
    holds: large,
    message: `Messages of ${smallestHarmed} bytes and more (UUID included) are dropped; up to ${largestKept} come whole.`,
    advice: `Keep messages below ${largestKept} bytes, or lift the limit of this hop.`,
  });
  add(isGone, {
    code: "first-nal-unit-only",
    holds: ({ message }) => message.nalUnit > 0,
    message: "Only the first SEI NAL unit of an access unit comes through.",
    advice: "Send one message a picture, or several in one NAL unit.",
  });
  add(isGone, {
    code: "first-message-only",
    holds: ({ message }) => message.place > 0,
    message: "Only the first message of a SEI NAL unit comes through.",
    advice: "Send each message in a NAL unit of its own.",
  });
  add(!isGone, {
    code: "escaping",
    isBroad: true,
    holds: needsEscaping,
    message: "Only messages that need emulation prevention are damaged: a hop that escapes twice, or not at all.",
    advice: "Send text or base64 through this hop, or mend it (ITU-T H.264 7.4.1.1).",
  });
  add(isGone, {
    code: "uuid-filtered",
    holds: (one) => uuids.has(uuidOf(one)),
    message: `Messages of some UUIDs are dropped: ${[...uuids].slice(0, 3).join(", ")}.`,
    advice: "Use another UUID, or change the filter of this hop.",
  });
  add(isGone, {
    code: "key-frames-only",
    holds: ({ isKeyFrame }) => !isKeyFrame,
    message: "Only messages in key frames come through.",
    advice: "Send each message on key frames too (inband does), or change this hop.",
  });
  return patterns;
}

function explainOrder({ counts }: ProbeVerdict): Explanation[] {
  const found: Explanation[] = [];
  const add = (code: ExplanationCode, count: number, isHarm: boolean, message: string, advice: string): void => {
    if (count > 0) found.push({ code, isHarm, message: `${count} messages ${message}`, advice });
  };
  add(
    "moved",
    counts.moved,
    true,
    "came with another picture than they were sent with.",
    "Do not bind them to frames.",
  );
  add("doubled", counts.doubled, true, "came more than once.", "Give messages ids and drop copies (inband does).");
  add("reordered", counts.reordered, true, "came out of order.", "Number messages (inband does).");
  add(
    "merged",
    counts.merged,
    false,
    "came in one NAL unit with others: harmless to readers of whole NAL units, lost to those of the first message.",
    "Readers must read every message of a SEI NAL unit; those of Amazon IVS read only the first.",
  );
  return found;
}

/** Of UUID and payload. */
function size({ message }: MessageVerdict): number {
  return 16 + message.payload.length;
}

function uuidOf({ message }: MessageVerdict): string {
  return formatUuid(message.uuid);
}

function needsEscaping({ message }: MessageVerdict): boolean {
  const bytes = buildUserDataUnregistered(message);
  // A last byte of 00 is escaped only at the end of a NAL unit, which that of a message is not.
  return escapeRbsp(Uint8Array.of(...bytes, 0x80)).length > bytes.length + 1;
}
