import { setTimeout as sleep } from "node:timers/promises";
import { chatLines, spokenLines } from "./script.ts";

/** Publishes one value; what cannot be published now is left out, as live things are. */
export type Say = (topic: "chat" | "clock" | "transcript", value: unknown, options?: { timestamp?: number }) => void;

const wordsAtOnce = 3;
const msPerWord = 330;
const pauseBetweenLinesMs = 900;
/** A recogniser of speech answers this long after the frame on which the words were said. */
const recognitionMs = 240;
const firstChatMs = 900;
const chatEveryMs = 6_500;

/**
 * Publishes what the demo shows, until `signal` aborts: a clock on each second, a line of chat now and then, and a
 * running transcript that speaks of earlier frames. `timestamp` tells the presentation time of the newest frame.
 */
export async function runProgramme({
  say,
  timestamp,
  signal,
}: {
  say: Say;
  timestamp: () => number | undefined;
  signal: AbortSignal;
}): Promise<void> {
  await Promise.allSettled([tellTime(say, signal), chat(say, signal), speak(say, timestamp, signal)]);
}

async function tellTime(say: Say, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(1000 - (Date.now() % 1000), undefined, { signal });
    say("clock", { time: Math.round(Date.now() / 1000) * 1000 });
  }
}

async function chat(say: Say, signal: AbortSignal): Promise<void> {
  await sleep(firstChatMs, undefined, { signal });
  for (let i = 0; ; i += 1) {
    say("chat", chatLines[i % chatLines.length]);
    await sleep(chatEveryMs * (0.8 + Math.random() * 0.4), undefined, { signal });
  }
}

async function speak(say: Say, timestamp: () => number | undefined, signal: AbortSignal): Promise<void> {
  for (let line = 0; ; line += 1) {
    const words = (spokenLines[line % spokenLines.length] ?? "").split(" ");
    for (let i = 0; i < words.length; i += wordsAtOnce) {
      const said = words.slice(i, i + wordsAtOnce);
      const saidAt = timestamp();
      await sleep(recognitionMs, undefined, { signal });
      say("transcript", { line, text: said.join(" ") }, saidAt === undefined ? {} : { timestamp: saidAt });
      await sleep(Math.max(0, said.length * msPerWord - recognitionMs), undefined, { signal });
    }
    await sleep(pauseBetweenLinesMs, undefined, { signal });
  }
}
