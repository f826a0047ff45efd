/**
 * What the bytes of a probe message are like.
 *
 * - `zeros`: every other byte of an RBSP of zeros needs emulation prevention, and the last one too.
 * - `start-codes`: 00 00 01 and 00 00 00 01, as a naive splitter looks for.
 * - `escapes`: 00 00 03 and 00 00 02, which come out shorter where bytes are unescaped twice.
 * - `ones`: FF, the ff_byte of payload sizes.
 * - `stop-bits`: 80 00, as rbsp_trailing_bits() look.
 * - `text`: UTF-8.
 * - `counting`: 00 to FF.
 * - `noise`: no pattern.
 */
export type ProbeContent = "zeros" | "start-codes" | "escapes" | "ones" | "stop-bits" | "text" | "counting" | "noise";

/** In the order in which messages take them. */
export const probeContents: readonly ProbeContent[] = [
  "text",
  "zeros",
  "ones",
  "start-codes",
  "counting",
  "escapes",
  "noise",
  "stop-bits",
];

const patterns: Readonly<Record<Exclude<ProbeContent, "noise" | "counting">, Uint8Array>> = {
  zeros: Uint8Array.of(0),
  "start-codes": Uint8Array.of(0, 0, 1, 0x65, 0, 0, 0, 1),
  escapes: Uint8Array.of(0, 0, 3, 0, 0, 2, 0, 0, 3, 1),
  ones: Uint8Array.of(0xff),
  "stop-bits": Uint8Array.of(0x80, 0),
  text: new TextEncoder().encode('{"text":"Grüße, 你好, 👋"} '),
};

/** Fills bytes with content; the number makes noise differ from message to message. */
export function fillContent(bytes: Uint8Array, content: ProbeContent, number: number): void {
  if (content === "noise") {
    let state = (number + 1) >>> 0;
    for (let at = 0; at < bytes.length; at += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[at] = state >>> 24;
    }
  } else if (content === "counting") {
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = at;
  } else {
    const pattern = patterns[content];
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = pattern[at % pattern.length] as number;
  }
}
