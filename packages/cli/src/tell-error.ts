import { inspect } from "node:util";
import { shownInput } from "@inband/media";
import { tell } from "./output.ts";
import { plain, plainLines } from "./plain-text.ts";

/** A URL in a text, without the punctuation of the sentence around it. */
const address = /[a-z][a-z0-9+.-]+:\/\/[^\s"<>]*[^\s"<>.,;:!)]/gi;

/** Tells an error as its sentence; with `INBAND_DEBUG=1` as all that is known of it. */
export function tellError(error: unknown): void {
  if (process.env.INBAND_DEBUG) tell(plainLines(withoutSecrets(inspect(error))));
  else tell(sentenceOf(error));
}

/**
 * What an error says, on one line. The runtime, FFmpeg and servers repeat addresses in their messages: each is shown
 * without what lets others in, as `shownInput` does.
 */
export function sentenceOf(error: unknown): string {
  return plain(withoutSecrets(error instanceof Error ? error.message : String(error)));
}

function withoutSecrets(text: string): string {
  return text.replace(address, shownInput);
}
