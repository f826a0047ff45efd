import { newPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { type RunningInband, startInband } from "@inband/rig/inband-process";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

/** `INBAND_JOINS=10 npm test -- test/demo-joins.test.ts` joins ten times. */
const joins = Number(process.env.INBAND_JOINS ?? 2);

interface Line {
  readonly id: string;
  readonly topic: string;
  readonly sequence: number;
  readonly isBacklog: boolean;
}

let demo: RunningInband;
let url = "";
let subscribing: string[] = [];
let token = "";

beforeAll(async () => {
  demo = startInband(["demo", "--port", "0", "--json"]);
  [url] = await demo.errorText(/http:\/\/127\.0\.0\.1:\d+/);
  [, token = ""] = await demo.errorText(/export INBAND_TOKEN=(\S+)/);
  [, ...subscribing] = await demo.errorText(/npx inband (subscribe) (\S+) (--json)/);
  // A late joiner needs a past: some seconds of every topic.
  let count = 0;
  for await (const _line of demo.lines) if (++count === 20) break;
});

afterAll(() => demo?.[Symbol.asyncDispose]());

/** Notes the ids of chat lines and caption words in the order in which the page shows them. */
function watchOrder(): void {
  const shown: Record<string, string[]> = { chat: [], transcript: [] };
  Object.assign(globalThis, { shown });
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          if (!(node instanceof HTMLElement)) continue;
          const { id, topic } = node.dataset;
          if (id && topic) shown[topic]?.push(id);
        }
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
}

const live = (lines: readonly Line[]): Line[] => lines.filter(({ isBacklog }) => !isBacklog);

const shownOn = (page: Page): Promise<{ chat: string[]; transcript: string[] }> =>
  page.evaluate(() => (globalThis as unknown as { shown: { chat: string[]; transcript: string[] } }).shown);

it.each(Array.from({ length: joins }, (_, index) => index + 1))(
  "join %i reads captions and chat in the order in which they were published, on the page and in the shell",
  async () => {
    const page = await newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(watchOrder);
    await page.goto(url);
    let received: Line[] = [];
    // A machine that is too busy to bring a connection about in time ends a subscriber: it joins again.
    while (live(received).length < 8) {
      received = [];
      await using joined = startInband(subscribing, { INBAND_TOKEN: token });
      for await (const text of joined.lines) {
        received.push(JSON.parse(text) as Line);
        if (live(received).length >= 8) break;
      }
    }
    for (const topic of ["chat", "clock", "transcript"]) {
      const sequences = received.filter((line) => line.topic === topic).map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }

    const shown = await vi.waitUntil(
      async () => {
        const now = await shownOn(page);
        return now.transcript.length >= 8 && now.chat.length >= 1 ? now : undefined;
      },
      { timeout: hangMs },
    );
    // The id of a message begins with the time of its publishing (RFC 9562 5.7).
    for (const ids of [shown.chat, shown.transcript]) expect(ids).toEqual(ids.toSorted());
    if (joins > 2) {
      const backlog = received.length - live(received).length;
      console.log(
        `shell: ${received.length} messages, ${backlog} from before; page: ${shown.transcript.length} captions, ${shown.chat.length} lines of chat`,
      );
    }
  },
);
