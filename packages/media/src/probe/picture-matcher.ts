import { startsWith } from "./found-message.ts";
import type { ProbedPicture } from "./probed-picture.ts";

/** Enough of a slice to tell most from each other; what is equal so far is compared. */
const hashedBytes = 4096;

/**
 * Finds sent pictures by their slices. A clip that is played over and over sends the same slices again: then the one that
 * is nearest to the picture expected next is meant.
 */
export class PictureMatcher {
  readonly #sent: readonly ProbedPicture[];
  /** Slice hash to the pictures that have such a slice. */
  readonly #bySlice = new Map<number, number[]>();
  readonly #isUsed: boolean[] = [];

  constructor(sent: readonly ProbedPicture[]) {
    this.#sent = sent;
    sent.forEach(({ slices }, picture) => {
      for (const hash of new Set(slices.map(hashOf))) {
        const known = this.#bySlice.get(hash);
        if (known) known.push(picture);
        else this.#bySlice.set(hash, [picture]);
      }
    });
  }

  /** The sent pictures whose slices these are, or some of which they are where there is no better one. */
  candidates(slices: readonly Uint8Array[]): { readonly pictures: readonly number[]; readonly isWhole: boolean } {
    const near = new Set(slices.flatMap((slice) => this.#bySlice.get(hashOf(slice)) ?? []));
    const whole: number[] = [];
    const parts: number[] = [];
    for (const picture of near) {
      const sent = (this.#sent[picture] as ProbedPicture).slices;
      const same = slices.filter((slice) => sent.some((other) => isEqual(slice, other))).length;
      if (same === slices.length && slices.length === sent.length) whole.push(picture);
      else if (same > 0) parts.push(picture);
    }
    return whole.length > 0 ? { pictures: whole, isWhole: true } : { pictures: parts, isWhole: false };
  }

  /** The one of the candidates that is meant. */
  choose(pictures: readonly number[], expected: number, hint: number | undefined): number {
    if (hint !== undefined && pictures.includes(hint)) return this.#use(hint);
    const unused = pictures.filter((picture) => !this.#isUsed[picture]);
    const distance = (picture: number): number => Math.abs(picture - expected);
    return this.#use((unused.length > 0 ? unused : pictures).reduce((a, b) => (distance(b) < distance(a) ? b : a)));
  }

  #use(picture: number): number {
    this.#isUsed[picture] = true;
    return picture;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && startsWith(a, b);
}

/** FNV-1a, of the beginning and the length. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const end = Math.min(bytes.length, hashedBytes);
  for (let at = 0; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
}
