/**
 * What a terminal obeys or what reorders a line: control characters (C0, DEL, C1), line and paragraph separators, and
 * the bidirectional controls (Unicode UAX #9 2, with the deprecated ones behind them).
 */
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f]/gu;
/** The same but line feeds and the colours of `styleText`: SGR sequences cannot move or write anything. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this is about
const unstyled = /\u001b\[[0-9;]*m|[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f]/gu;
const blanks = /\r\n|[\n\t\u2028\u2029]/g;

/**
 * A text of strangers as one line that steers no terminal: line ends and tabs are spaces, every other control character
 * is shown as JSON writes it (`\u001b`).
 */
export function plain(text: string): string {
  return text.replace(blanks, " ").replace(steering, escaped);
}

/** The same for a text of several lines. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}

/**
 * One line of JSON; bigints are decimal text and bytes base64. `JSON.stringify` leaves DEL, C1 and the bidirectional
 * controls as they are.
 */
export function jsonLine(value: unknown): string {
  return (JSON.stringify(value, carried) ?? "null").replace(steering, escaped);
}

/** What may reach the standard output or error: lines and colours, whatever was forgotten before. */
export function displayable(text: string): string {
  return text.replace(unstyled, (found) => (found === "\n" || found.length > 1 ? found : escaped(found)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function carried(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
