import { type AccessUnit, buildUserDataUnregistered, isVclNalUnit } from "@inband/h264";
import { type FoundMessage, findMessages, startsWith } from "./found-message.ts";
import { matchPictures, type PictureMatches } from "./match-pictures.ts";
import { MediaOffset } from "./media-offset.ts";
import type { Probe } from "./probe.ts";
import type { ProbedPicture, SentMessage } from "./probed-picture.ts";
import type { MessageOutcome, MessageVerdict, PicturesVerdict, ProbeVerdict, VerdictCounts } from "./verdict.ts";

/** What came out at an end: in decoding order. */
export type ReceivedAccessUnit = Pick<AccessUnit, "nalUnits" | "timestamp">;

/** How `judge` compares. */
export interface JudgeOptions {
  /**
   * What should have come: `between`, what was sent from the first to the last whole picture that came, for an end that
   * joins and leaves a live stream; `all`, everything, for a file.
   *
   * @defaultValue `between`
   */
  readonly expect?: "between" | "all";
}

/**
 * Compares what came out at an end with what a probe sent.
 *
 * Pictures are recognized by the bytes of their slices, messages by the number in them. Where pictures were encoded again,
 * timestamps say which message belongs to which, up to an offset. Never throws for any bytes.
 */
export function judge(
  { id, pictures: sent }: Pick<Probe, "id" | "pictures">,
  came: readonly ReceivedAccessUnit[],
  { expect = "between" }: JudgeOptions = {},
): ProbeVerdict {
  const received = expect === "between" && isCutOff(came.at(-1), sent) ? came.slice(0, -1) : came;
  const found = received.map(({ nalUnits }, index) => findMessages(nalUnits, index, id));
  const pictureOf = new Map<number, number>();
  sent.forEach(({ messages }, picture) => {
    for (const { number } of messages) pictureOf.set(number, picture);
  });
  const hints = found.map(({ messages }) => {
    const known = messages.find(({ number }) => number !== undefined && pictureOf.has(number));
    return known === undefined ? undefined : pictureOf.get(known.number as number);
  });
  const matches = matchPictures(
    sent,
    received.map(({ nalUnits }) => nalUnits.filter(isVclNalUnit)),
    hints,
  );
  const window = expectedWindow(sent, matches, hints, expect);
  const offset = new MediaOffset(sent, received, hints);
  const pictures = judgePictures(matches, window);
  const present = new Set(matches.of);
  const messages = judgeMessages({
    sent,
    window,
    found: found.flatMap((sei) => sei.messages),
    isMoved: (picture, accessUnit) => {
      const match = matches.of[accessUnit];
      return match === undefined ? offset.isOff(picture, accessUnit) : match !== picture;
    },
    matchOf: (accessUnit) => matches.of[accessUnit],
    hasPicture: (picture) => pictures.outcome === "re-encoded" || present.has(picture),
  });
  const counts = countOf(messages);
  const expected = sent.slice(window.from, window.to);
  return {
    isIntact:
      counts.kept === counts.sent &&
      counts.moved + counts.doubled + counts.reordered === 0 &&
      (pictures.outcome === "whole" || pictures.outcome === "re-encoded"),
    counts,
    pictures,
    others: {
      sent: expected.reduce((sum, { others }) => sum + others, 0),
      received: found.reduce((sum, { others }) => sum + others, 0),
    },
    messages,
  };
}

/** Whether an access unit is the beginning of a sent one: the last that an end wrote or read before it was left. */
function isCutOff(accessUnit: ReceivedAccessUnit | undefined, sent: readonly ProbedPicture[]): boolean {
  if (accessUnit === undefined) return false;
  const slices = accessUnit.nalUnits.filter(isVclNalUnit);
  const bytes = (nals: readonly Uint8Array[]) => nals.reduce((sum, { length }) => sum + length, 0);
  return (
    slices.length === 0 ||
    sent.some(
      (picture) =>
        bytes(slices) < bytes(picture.slices) &&
        slices.every((slice, index) => {
          const whole = picture.slices[index];
          return (
            whole !== undefined &&
            startsWith(whole, slice) &&
            (index === slices.length - 1 || whole.length === slice.length)
          );
        }),
    )
  );
}

/** Indices of sent pictures. */
interface Window {
  readonly from: number;
  /** Behind the last. */
  readonly to: number;
}

function expectedWindow(
  sent: readonly ProbedPicture[],
  { of, received }: PictureMatches,
  hints: readonly (number | undefined)[],
  expect: "between" | "all",
): Window {
  if (expect === "all" || received === 0) return { from: 0, to: sent.length };
  const seen = [...of, ...hints].filter((picture) => picture !== undefined);
  if (seen.length > 0) {
    // Hours of pictures are more than a call takes as arguments.
    return { from: seen.reduce((a, b) => Math.min(a, b)), to: seen.reduce((a, b) => Math.max(a, b)) + 1 };
  }
  // Neither a slice nor a message tells where this end was: as many pictures as came, of the last.
  return { from: Math.max(0, sent.length - received), to: sent.length };
}

function judgePictures(matches: PictureMatches, { from, to }: Window): PicturesVerdict {
  const { received, whole, changed, doubled, reordered, foreign } = matches;
  const sent = to - from;
  const came = new Set(matches.of.filter((picture) => picture !== undefined)).size;
  const isReencoded = came === 0 && foreign > 0;
  const missing = isReencoded ? 0 : sent - came;
  const isWhole = missing + changed + doubled + reordered + foreign === 0;
  return {
    outcome: received === 0 ? "none" : isReencoded ? "re-encoded" : isWhole ? "whole" : "suffered",
    ...{ sent, received, whole, changed, missing, doubled, reordered, foreign },
  };
}

function judgeMessages({
  sent,
  window,
  found,
  isMoved,
  matchOf,
  hasPicture,
}: {
  sent: readonly ProbedPicture[];
  window: Window;
  found: readonly FoundMessage[];
  isMoved: (picture: number, accessUnit: number) => boolean;
  matchOf: (accessUnit: number) => number | undefined;
  hasPicture: (picture: number) => boolean;
}): MessageVerdict[] {
  const byNumber = new Map<number, FoundMessage[]>();
  const nameless = new Map<number, FoundMessage[]>();
  for (const message of found) {
    const [map, key] =
      message.number === undefined ? [nameless, matchOf(message.accessUnit)] : [byNumber, message.number];
    if (key === undefined) continue;
    const known = map.get(key);
    if (known) known.push(message);
    else map.set(key, [message]);
  }
  const late = lateNumbers(found);
  const verdicts: MessageVerdict[] = [];
  const senders = new Map<object, Set<string>>();
  const all = sent.slice(window.from, window.to).flatMap(({ messages }, index) =>
    messages.map((message) => {
      const picture = window.from + index;
      const bytes = buildUserDataUnregistered(message);
      const came = byNumber.get(message.number) ?? takeBeginning(nameless.get(picture), bytes);
      for (const { nalUnit } of came) {
        const known = senders.get(nalUnit);
        const sender = `${picture} ${message.nalUnit}`;
        if (known) known.add(sender);
        else senders.set(nalUnit, new Set([sender]));
      }
      return { message, picture, bytes, came };
    }),
  );
  for (const { message, picture, bytes, came } of all) {
    const best = came.find((one) => outcomeOf(message, bytes, one) === "kept") ?? came[0];
    verdicts.push({
      message,
      picture,
      isKeyFrame: sent[picture]?.isKeyFrame === true,
      hasPicture: hasPicture(picture),
      outcome: best === undefined ? "stripped" : outcomeOf(message, bytes, best),
      times: came.length,
      ...(best === undefined ? {} : { bytes: best.bytes.length }),
      isMerged: came.some(({ nalUnit }) => isMerged(message, nalUnit.messages, senders.get(nalUnit)?.size ?? 1)),
      isReordered: late.has(message.number),
      isMoved: came.some(({ accessUnit }) => isMoved(picture, accessUnit)),
    });
  }
  return verdicts;
}

function isMerged({ messagesInNalUnit }: SentMessage, messages: number, senders: number): boolean {
  return senders > 1 || messages > messagesInNalUnit;
}

/** A message cut so short that its number is gone: one of its picture that is the beginning of what was sent. */
function takeBeginning(nameless: FoundMessage[] | undefined, sent: Uint8Array): FoundMessage[] {
  const index = nameless?.findIndex(({ bytes }) => startsWith(sent, bytes)) ?? -1;
  return index < 0 ? [] : (nameless?.splice(index, 1) ?? []);
}

function outcomeOf({ payloadType }: SentMessage, sent: Uint8Array, came: FoundMessage): MessageOutcome {
  if (came.payloadType !== payloadType || !startsWith(sent, came.bytes)) return "changed";
  return sent.length === came.bytes.length ? "kept" : "truncated";
}

/** The numbers whose first copy came behind a higher number. */
function lateNumbers(found: readonly FoundMessage[]): ReadonlySet<number> {
  const late = new Set<number>();
  const seen = new Set<number>();
  let highest = -1;
  for (const { number } of found) {
    if (number === undefined || seen.has(number)) continue;
    seen.add(number);
    if (number < highest) late.add(number);
    else highest = number;
  }
  return late;
}

function countOf(messages: readonly MessageVerdict[]): VerdictCounts {
  const count = (holds: (message: MessageVerdict) => boolean): number => messages.filter(holds).length;
  const outcome = (wanted: MessageOutcome): number => count((message) => message.outcome === wanted);
  return {
    sent: messages.length,
    kept: outcome("kept"),
    truncated: outcome("truncated"),
    changed: outcome("changed"),
    stripped: outcome("stripped"),
    merged: count(({ isMerged }) => isMerged),
    moved: count(({ isMoved }) => isMoved),
    doubled: count(({ times }) => times > 1),
    reordered: count(({ isReordered }) => isReordered),
  };
}
