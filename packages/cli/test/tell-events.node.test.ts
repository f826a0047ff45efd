import { buildUserDataSei } from "@inband/h264";
import { pushBytes, SeiSubscriber } from "@inband/subscriber";
import { createMessageId, encodeMessage, inband } from "@inband/wire";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tellEvents } from "../src/tell-events.ts";

const profile = inband();

function push(subscriber: SeiSubscriber, sequence: number, topic: string): void {
  const [part] = encodeMessage(profile, sequence, { id: createMessageId(), source: 7, sequence, topic });
  const nal = buildUserDataSei({ uuid: profile.uuid, payload: part!.payload });
  pushBytes(subscriber, Uint8Array.of(0, 0, 0, 1, ...nal), { format: "annexb" });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("tells on the standard error what was lost, on the topic that is read", async () => {
  let told = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told += text;
    return true;
  });
  using all = new SeiSubscriber();
  using notes = new SeiSubscriber();
  tellEvents(all);
  tellEvents(notes, "notes");
  for (const sequence of [0, 1, 4, 6]) {
    push(all, sequence, "cl\x1b]ock");
    push(notes, sequence, sequence === 6 ? "clock" : "notes");
  }
  await vi.advanceTimersByTimeAsync(20_000);
  const lines = told.trim().split("\n");
  expect(lines.filter((line) => line.includes("cl"))).toEqual([
    '2 messages on topic "cl\\u001b]ock" were lost, from #2 on.',
    'Message #5 on topic "cl\\u001b]ock" was lost.',
  ]);
  expect(lines.filter((line) => line.includes("notes"))).toEqual([
    '2 messages on topic "notes" were lost, from #2 on.',
  ]);
});
