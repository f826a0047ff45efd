import { SeiSubscriber } from "@inband/subscriber";
import { hlsFeed } from "@inband/subscriber/hls";
import { createMessageId } from "@inband/wire";
import { expect, it, onTestFinished } from "vitest";
import { userData } from "../manual-feed.ts";

interface Sample {
  readonly pts: number;
  readonly payloadType?: number;
  readonly uuid?: string;
  readonly userDataBytes?: Uint8Array;
}

/** A player as far as a feed knows it, that parses what a test says. */
class ScriptedHls {
  readonly listeners = new Map<string, (event: string, data: unknown) => void>();

  on(event: string, listener: (event: string, data: unknown) => void): void {
    this.listeners.set(event, listener);
  }

  off(event: string, listener: (event: string, data: unknown) => void): void {
    if (this.listeners.get(event) === listener) this.listeners.delete(event);
  }

  parse(samples: readonly unknown[], frag: unknown = { type: "main", level: 2 }): void {
    this.listeners.get("hlsFragParsingUserdata")?.("hlsFragParsingUserdata", { id: "main", frag, samples });
  }
}

function opened(now?: () => number) {
  const hls = new ScriptedHls();
  const subscriber = new SeiSubscriber(now === undefined ? {} : { now });
  const received: unknown[] = [];
  const errors: unknown[] = [];
  subscriber.on("message", ({ value, mediaTimeMs, stream }) => received.push({ value, mediaTimeMs, stream }));
  subscriber.on("error", (error) => errors.push(error));
  onTestFinished(() => subscriber.close());
  const attachment = subscriber.attach(hlsFeed(hls as never));
  return { hls, subscriber, received, errors, attachment };
}

let sequence = 0;
function sample(value: unknown, pts: number): Sample {
  sequence += 1;
  const [part] = userData(value, { id: createMessageId(), source: 1, sequence });
  const hex = [...(part?.uuid ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { pts, payloadType: 5, uuid, userDataBytes: part?.payload ?? new Uint8Array() };
}

it("delivers the messages of a segment with their media time", () => {
  const { hls, received, errors } = opened();
  hls.parse([sample("a", 1.5), sample("b", 2)]);
  expect(received).toEqual([
    { value: "a", mediaTimeMs: 1500, stream: "main 2" },
    { value: "b", mediaTimeMs: 2000, stream: "main 2" },
  ]);
  expect(errors).toEqual([]);
});

it("brings no second message when a segment is loaded again, however much later", () => {
  let nowMs = 1_000_000;
  const { hls, received, subscriber } = opened(() => nowMs);
  const segment = [sample("a", 1.5)];
  hls.parse(segment);
  nowMs += 3_600_000;
  hls.parse(segment, { type: "main", level: 0 });
  expect(received).toHaveLength(1);
  expect(subscriber.stats().userData).toBe(1);
});

it("leaves out what is no user data and stands what is broken", () => {
  const { hls, received, errors } = opened();
  const good = sample("a", 1);
  hls.parse([
    { pts: 1, payloadType: 4, uuid: good.uuid, userDataBytes: good.userDataBytes },
    { pts: Number.NaN, payloadType: 5, uuid: good.uuid, userDataBytes: good.userDataBytes },
    { pts: 1, payloadType: 5, uuid: "no uuid", userDataBytes: good.userDataBytes },
    { pts: 1, payloadType: 5, uuid: good.uuid },
    { pts: 1 },
    good,
  ]);
  expect(received).toHaveLength(1);
  expect(errors).toEqual([]);
  hls.parse([null]);
  expect(errors).toHaveLength(1);
});

it("stops listening when it is detached, and refuses what is no player", () => {
  const { hls, attachment } = opened();
  attachment.close();
  expect(hls.listeners.size).toBe(0);
  expect(() => hlsFeed({} as never)).toThrow(TypeError);
});
