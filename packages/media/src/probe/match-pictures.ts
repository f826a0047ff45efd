import { PictureMatcher } from "./picture-matcher.ts";
import type { ProbedPicture } from "./probed-picture.ts";

/** Which pictures came. */
export interface PictureMatches {
  /** For each access unit that came, the index of the sent picture that it is; undefined for any other. */
  readonly of: readonly (number | undefined)[];
  /** Access units with slices. */
  readonly received: number;
  readonly whole: number;
  readonly changed: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly foreign: number;
}

/**
 * Finds which sent picture each access unit is.
 *
 * @param slices The slices of each access unit that came, in decoding order.
 * @param hints For each of them, the picture that a message in it was sent with.
 */
export function matchPictures(
  sent: readonly ProbedPicture[],
  slices: readonly (readonly Uint8Array[])[],
  hints: readonly (number | undefined)[],
): PictureMatches {
  const matcher = new PictureMatcher(sent);
  const candidates = slices.map((nals) => matcher.candidates(nals));
  const pictures = slices.filter((nals) => nals.length > 0).length;
  let expected = firstExpected(candidates, hints, sent.length - pictures);
  let newest = -1;
  const seen = new Map<number, boolean>();
  let [doubled, reordered, foreign] = [0, 0, 0];
  const of = slices.map((nals, index) => {
    if (nals.length === 0) return undefined;
    const { pictures, isWhole } = candidates[index] as (typeof candidates)[number];
    if (pictures.length === 0) {
      foreign += 1;
      expected += 1;
      return undefined;
    }
    const picture = matcher.choose(pictures, expected, hints[index]);
    if (seen.has(picture)) doubled += 1;
    else if (picture < newest) reordered += 1;
    seen.set(picture, isWhole || seen.get(picture) === true);
    newest = Math.max(newest, picture);
    expected = picture + 1;
    return picture;
  });
  const whole = [...seen.values()].filter(Boolean).length;
  return { of, received: pictures, whole, changed: seen.size - whole, doubled, reordered, foreign };
}

/** Which picture the first access unit is likely to be: counted back from the first about which there is no doubt. */
function firstExpected(
  candidates: readonly { readonly pictures: readonly number[] }[],
  hints: readonly (number | undefined)[],
  otherwise: number,
): number {
  for (const [index, { pictures }] of candidates.entries()) {
    const hint = hints[index];
    if (hint !== undefined && pictures.includes(hint)) return Math.max(0, hint - index);
    if (pictures.length === 1) return Math.max(0, (pictures[0] as number) - index);
  }
  return Math.max(0, otherwise);
}
