import type { ReceivedMessage } from "@inband/subscriber";
import { create, element } from "./element.ts";
import type { TranscriptWords } from "./value.ts";

const box = element("captions");
const shownLines = 2;
/** A line of speech has some ten; of more the last ones are shown. */
const shownWords = 40;
/** A line that nobody goes on with leaves the picture. */
const lineLifetimeMs = 6_000;

let line: { readonly number: number; readonly source: number | string; readonly words: HTMLElement } | undefined;
let clearing: ReturnType<typeof setTimeout> | undefined;

/** Adds the words to the line they belong to; a new line rolls the old one up. */
export function showWords(message: ReceivedMessage<unknown>, words: TranscriptWords): void {
  const source = String(message.source ?? message.stream);
  if (line?.number !== words.line || line.source !== source || !line.words.isConnected) {
    line = { number: words.line, source, words: create("p", "") };
    const row = create("div", "");
    row.append(line.words);
    box.append(row);
    while (box.children.length > shownLines) box.firstElementChild?.remove();
  }
  const span = create("span", "", line.words.childElementCount > 0 ? ` ${words.text}` : words.text);
  span.dataset.id = message.id;
  span.dataset.topic = message.topic ?? "";
  if (message.isBacklog) span.className = "earlier";
  line.words.append(span);
  while (line.words.childElementCount > shownWords) line.words.firstElementChild?.remove();
  clearTimeout(clearing);
  clearing = setTimeout(() => box.replaceChildren(), lineLifetimeMs);
}
