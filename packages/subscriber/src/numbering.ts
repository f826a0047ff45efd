/** The position in a series of message numbers, modulo 2^32. */
export interface Numbering {
  highest: number;
  /** When the last credible number arrived. */
  heardMs: number;
  /** A number that is too far off to be credible until a second one confirms it. */
  stray?: number | undefined;
}

/**
 * The longest step that is taken for a loss, as MAX_DROPOUT of RFC 3550 A.1, plus one for each millisecond without a number:
 * a stream has no room for more messages.
 */
const maxStep = 3000;

/**
 * How far a number is ahead of the highest one, negative if it is behind; undefined if it is too far off. As in RFC 3550 A.1
 * a single such number says nothing, and a second one that follows it begins a new series there.
 */
export function stepTo(numbering: Numbering, sequence: number, nowMs: number): number | undefined {
  const step = (sequence - numbering.highest) | 0;
  if (Math.abs(step) <= maxStep + nowMs - numbering.heardMs) {
    numbering.heardMs = nowMs;
    return step;
  }
  const { stray } = numbering;
  const next = stray === undefined ? -1 : (sequence - stray) | 0;
  if (stray === undefined || next < 0 || next > maxStep) {
    numbering.stray = sequence;
    return undefined;
  }
  numbering.highest = stray;
  numbering.heardMs = nowMs;
  numbering.stray = undefined;
  return next;
}
