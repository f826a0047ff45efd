/** What {@link fitText} makes of a text. */
export interface FittedText {
  readonly text: string;
  /** Whether something was cut off. */
  readonly isCut: boolean;
}

/**
 * The longest beginning of a text that takes at most so many bytes as UTF-8 and ends between two characters as a reader
 * sees them, for those who would rather send a part than be refused. JSON takes more bytes for quotes and control
 * characters.
 *
 * @throws RangeError for a limit that is no whole number of at least 0.
 */
export function fitText(text: string, limitBytes: number): FittedText {
  if (!Number.isInteger(limitBytes) || limitBytes < 0) {
    throw new RangeError(`limitBytes: expected an integer of at least 0, got ${limitBytes}`);
  }
  // A UTF-16 code unit takes 3 bytes at most.
  const room = new Uint8Array(Math.min(limitBytes, text.length * 3));
  const { read } = new TextEncoder().encodeInto(text, room);
  if (read === text.length) return { text, isCut: false };
  // Where a character begins depends on what is before it, and on the code point that did not fit.
  const graphemes = new Intl.Segmenter().segment(text.slice(0, read + 2));
  return { text: text.slice(0, graphemes.containing(read)?.index ?? read), isCut: true };
}
