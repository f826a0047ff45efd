import { type ChildProcessByStdio, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { launchChromium } from "./chromium.ts";

/** `INBAND_JOINS=10 npm test -- test/demo-joins.test.ts` joins ten times. */
const joins = Number(process.env.INBAND_JOINS ?? 2);
/** Only what hangs takes so long, on however busy a machine. */
const hangMs = 120_000;
const root = resolve(import.meta.dirname, "..");

interface Line {
  readonly id: string;
  readonly topic: string;
  readonly sequence: number;
  readonly isBacklog: boolean;
}

type Program = ChildProcessByStdio<null, Readable, Readable>;

const programs = new Set<Program>();
let browser: Browser;
let url = "";
let subscribing: string[] = [];
let token = "";

function inband(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { lines: Interface; program: Program } {
  const program = spawn(process.execPath, ["packages/cli/bin/inband.mjs", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "--conditions=@inband/source", ...env },
  });
  programs.add(program);
  return { program, lines: createInterface({ input: program.stdout }) };
}

beforeAll(async () => {
  const { program, lines } = inband(["demo", "--port", "0", "--json"]);
  let told = "";
  program.stderr.on("data", (chunk) => {
    told += chunk;
  });
  const ended = new Promise<never>((_, reject) => {
    program.on("exit", (code) => reject(new Error(`the demo has ended with ${code}: ${told}`)));
  });
  ended.catch(() => undefined);
  const address = () => told.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
  url = await Promise.race([vi.waitUntil(address, { timeout: hangMs }), ended]);
  token = await vi.waitUntil(() => told.match(/export INBAND_TOKEN=(\S+)/)?.[1], { timeout: hangMs });
  const command = await vi.waitUntil(() => told.match(/npx inband (subscribe) (\S+) (--json)/), { timeout: hangMs });
  subscribing = command.slice(1);
  // A late joiner needs a past: some seconds of every topic.
  let count = 0;
  for await (const _line of lines) if (++count === 20) break;
  browser = await launchChromium();
}, 2 * hangMs);

afterAll(async () => {
  await browser?.close();
  for (const program of programs) program.kill("SIGKILL");
});

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
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(watchOrder);
    await page.goto(url);
    let received: Line[] = [];
    // A machine that is too busy to bring a connection about in time ends a subscriber: it joins again.
    while (live(received).length < 8) {
      received = [];
      const { lines, program } = inband(subscribing, { INBAND_TOKEN: token });
      for await (const text of lines) {
        received.push(JSON.parse(text) as Line);
        if (live(received).length >= 8) break;
      }
      program.kill("SIGINT");
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
    await page.close();
    if (joins > 2) {
      const backlog = received.length - live(received).length;
      console.log(
        `shell: ${received.length} messages, ${backlog} from before; page: ${shown.transcript.length} captions, ${shown.chat.length} lines of chat`,
      );
    }
  },
  2 * hangMs,
);
