/** What the demo publishes on its topics. Messages come from a network: each is checked before it is shown. */
export interface ChatLine {
  readonly user: string;
  readonly text: string;
}

/** The range of a Date (ECMA-262 21.4.1.1). */
const furthestTimeMs = 8.64e15;

export interface ClockTime {
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The next words of a line of the transcript. */
export interface TranscriptWords {
  readonly line: number;
  readonly text: string;
}

export function isChatLine(value: unknown): value is ChatLine {
  return isObject(value) && typeof value.user === "string" && typeof value.text === "string";
}

export function isClockTime(value: unknown): value is ClockTime {
  return isObject(value) && typeof value.time === "number" && Math.abs(value.time) <= furthestTimeMs;
}

export function isTranscriptWords(value: unknown): value is TranscriptWords {
  return isObject(value) && typeof value.line === "number" && typeof value.text === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
