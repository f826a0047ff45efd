import type { ReceivedMessage } from "@inband/subscriber";
import { beforeAll, describe, expect, it } from "vitest";
import html from "../index.html?raw";

/** A message as the page gets it. */
function message(value: unknown, fields: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return {
    id: "1",
    source: 1,
    sequence: 0,
    topic: "t",
    copies: 1,
    isBacklog: false,
    value,
    ...fields,
  } as ReceivedMessage;
}

const part = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

beforeAll(() => {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const script of page.querySelectorAll("script")) script.remove();
  document.body.innerHTML = page.body.innerHTML;
});

describe("the page of the demo", () => {
  it("stands a clock that is out of the range of dates", async () => {
    const { showTravel } = await import("../src/travel.ts");
    const { isClockTime } = await import("../src/value.ts");
    for (const time of [1e300, 8.64e15 + 1, -8.64e15 - 1, Number.NaN]) {
      expect(isClockTime({ time })).toBe(false);
      showTravel(message({ time }));
      expect(part("unit-text").textContent).toBe("");
    }
    showTravel(message({ time: 0 }));
    expect(part("unit-text").textContent).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it("keeps a caption line short, however many words come for it, and marks what is from before", async () => {
    const { showWords } = await import("../src/captions.ts");
    for (let word = 0; word < 1000; word += 1) {
      showWords(message(undefined, { id: String(word), isBacklog: word < 970 }), { line: 1, text: `w${word}` });
    }
    const spans = [...part("captions").querySelectorAll("span")];
    expect(spans).toHaveLength(40);
    expect(spans.at(-1)?.textContent).toBe(" w999");
    expect(spans.filter(({ className }) => className === "earlier")).toHaveLength(10);
  });

  it("marks chat from before it joined", async () => {
    const { showLine } = await import("../src/chat.ts");
    showLine(message(undefined, { isBacklog: true }), { user: "Ada", text: "hello" }, false);
    showLine(message(undefined, { id: "2" }), { user: "Ada", text: "again" }, false);
    const lines = [...part("chat").children];
    expect(lines.map(({ className }) => className)).toEqual(["earlier", ""]);
    expect(lines[0]?.textContent).toContain("before you joined");
    expect(lines[1]?.textContent).not.toContain("before you joined");
  });

  it("counts different messages without keeping every id, and no latency of what is from before", async () => {
    const { countMessage, showMessageFigures } = await import("../src/figures.ts");
    for (let id = 0; id < 5000; id += 1) countMessage(String(id), undefined);
    showMessageFigures();
    expect(part("figure-latency").textContent).toBe("\u2013");
    countMessage("4999", 40);
    showMessageFigures();
    expect({ ...part("figures").dataset }).toMatchObject({ received: "5001", unique: "5000" });
    expect(part("figure-latency").textContent).toBe("40");
  });
});
