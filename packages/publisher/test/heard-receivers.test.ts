import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { useFakeClock } from "@inband/rig/fake-clock";
import { type MessageOptions, message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { told } from "@inband/rig/turn";
import { AccessUnitCarrier } from "@inband/stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";

useFakeClock();

/** A carrier with one receiver that the test has heard or lost; and what each access unit carried. */
function hearing() {
  const left: string[] = [];
  let heardSince = 0;
  /** Access units up to this one went to a receiver that is gone. */
  let lostUpTo = 0;
  let index = 0;
  const carrier = new AccessUnitCarrier({
    name: "own",
    reached: (first, last) => (first <= lostUpTo ? false : last <= heardSince ? true : undefined),
    send({ nalUnits }) {
      const seis = nalUnits.filter((nal) => ((nal[0] as number) & 31) === 6).flatMap(parseSei);
      left.push(seis.map(({ payload }) => new TextDecoder().decode(parseUserDataUnregistered(payload).payload)).join());
    },
  });
  onTestFinished(() => carrier.close());
  const events = new RecordedEvents();
  const open = carrier.open(events);
  return {
    carrier,
    events,
    left,
    open,
    offer: (id: string, options: MessageOptions = {}) =>
      open.offer(message(id, { expiresAtMs: performance.timeOrigin + performance.now() + 5000, ...options })),
    /** Sends access units, one in 20 ms. */
    write(count: number, isKeyFrame = false) {
      for (let written = 0; written < count; written += 1) {
        carrier.write(accessUnit(index, { isKeyFrame }));
        index += 1;
        vi.advanceTimersByTime(20);
      }
    },
    async hear() {
      heardSince = left.length;
      carrier.review();
      await told();
    },
    async lose() {
      lostUpTo = left.length;
      carrier.review();
      await told();
    },
  };
}

describe("a carrier that hears its receivers", () => {
  it("calls a message sent when its copies have left and a receiver was heard since the first", async () => {
    const { events, offer, write, hear } = hearing();
    offer("a", { copies: 2 });
    write(1);
    await hear();
    expect(events.reports).toEqual([]);
    write(1);
    await told();
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 2 }] }]);
    expect(events.reports[0]?.streams[0]).not.toHaveProperty("isUnheard");
    offer("b");
    write(3);
    await told();
    expect(events.reports).toHaveLength(1);
    await hear();
    expect(events.reports).toHaveLength(2);
  });

  it("sends again what left while nobody was there, with all its copies, and says how many left in vain", async () => {
    const { events, left, offer, write, hear, lose } = hearing();
    offer("a", { copies: 2, keyFrameCopies: 1 });
    offer("b", { copies: 3, keyFrameCopies: 0 });
    write(2);
    await lose();
    write(3);
    await hear();
    expect(left).toEqual(["a,b", "a,b", "a,b", "a,b", "b"]);
    expect(events.reports.map(({ outcome, streams }) => [outcome, streams[0]?.copies])).toEqual([
      ["sent", 4],
      ["sent", 5],
    ]);
    write(1, true);
    expect(left.at(-1)).toBe("a");
  });

  it("begins a copy again that lost its first fragments", async () => {
    const { left, offer, write, lose } = hearing();
    const payloads = ["1", "2", "3"].map((text) => new TextEncoder().encode(text.repeat(1500)));
    offer("fragments", { payloads });
    write(1);
    expect(left[0]).toMatch(/^1+,2+$/);
    await lose();
    write(2);
    expect(left.slice(1).map((texts) => texts.replaceAll(/(.)\1+/g, "$1"))).toEqual(["1,2", "3"]);
  });

  it("lets it expire where nobody comes in time, and says that copies have left", async () => {
    const { events, offer, write, lose } = hearing();
    offer("a");
    write(1);
    await lose();
    vi.advanceTimersByTime(5000);
    await told();
    expect(events.reports).toMatchObject([{ outcome: "expired", streams: [{ copies: 1, isUnheard: true }] }]);
  });

  it("lets it expire where the receiver stays mute, which has two seconds to be heard", async () => {
    const { events, offer, write } = hearing();
    offer("short", { expiresAtMs: performance.timeOrigin + performance.now() + 100 });
    write(50);
    await told();
    expect(events.reports).toEqual([]);
    write(60);
    await told();
    expect(events.reports).toMatchObject([{ outcome: "expired", streams: [{ copies: 1, isUnheard: true }] }]);
  });

  it("sends nothing again whose receivers would take a copy for another message", async () => {
    const { events, left, offer, write, lose } = hearing();
    offer("raw", { withinMs: 1000 });
    write(1);
    await lose();
    write(2);
    expect(left).toEqual(["raw", "", ""]);
    expect(events.reports).toMatchObject([{ outcome: "expired", streams: [{ copies: 1, isUnheard: true }] }]);
  });

  it("says of what is withdrawn, or closed, that nobody was heard", async () => {
    const { carrier, events, open, offer, write } = hearing();
    offer("withdrawn");
    offer("closed");
    write(1);
    open.withdraw("withdrawn");
    carrier.close();
    const streams = [{ copies: 1, isUnheard: true }];
    expect(events.reports).toMatchObject([
      { messageId: "withdrawn", outcome: "sent", streams },
      { messageId: "closed", outcome: "sent", streams },
    ]);
  });

  it("has its publisher say so in the receipt", async () => {
    const { carrier, write, lose } = hearing();
    const publisher = new SeiPublisher({ heartbeat: false, copies: 1, keyFrameCopies: 0 });
    onTestFinished(() => publisher.close());
    publisher.attach(carrier);
    const { sent } = publisher.publish("x", { expiresAfterMs: 100 });
    write(1);
    await lose();
    vi.advanceTimersByTime(1000);
    expect(await sent).toMatchObject({ outcome: "expired", streams: [{ carrier: "own", copies: 1, isUnheard: true }] });
  });
});
