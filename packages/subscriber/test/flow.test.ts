import { readUserData } from "@inband/h264";
import { type OpenCarrier, Outboxes, type SeiCarrier, SeiPublisher } from "@inband/publisher";
import { type SeiFeed, type SeiSink, SeiSubscriber } from "@inband/subscriber";
import { expect, it } from "vitest";

it("brings a value from a publisher to a subscriber once, with the frame it speaks of", async () => {
  let outboxes: Outboxes | undefined;
  const carrier: SeiCarrier = {
    name: "test",
    limits: { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 },
    open(events, limits): OpenCarrier {
      const made = new Outboxes({ limits, events });
      outboxes = made;
      return {
        offer: (parts) => made.offer(parts),
        withdraw: (id) => made.withdraw(id),
        [Symbol.dispose]: () => made.close(),
      };
    },
  };
  let sink: SeiSink | undefined;
  const feed: SeiFeed = { name: "test", open: (opened) => ((sink = opened), { [Symbol.dispose]: () => {} }) };
  const publisher = new SeiPublisher();
  const subscriber = new SeiSubscriber();
  publisher.attach(carrier);
  subscriber.attach(feed);
  const received: unknown[] = [];
  subscriber.on("message", (message) => received.push(message.toJSON()));
  const { id, sent } = publisher.publish({ text: "hello" }, { topic: "chat" });
  const outbox = outboxes?.stream("1");
  for (let frame = 0; frame < 5; frame += 1) {
    const rtpTimestamp = (4_294_966_000 + frame * 3000) >>> 0;
    const nals = outbox?.take({ rtpTimestamp, isKeyFrame: frame === 0 }) ?? [];
    outbox?.commit();
    for (const nal of nals) {
      readUserData(nal, (uuid, payload) => sink?.userData({ uuid, payload }, { stream: "1", rtpTimestamp }));
    }
  }
  const receipt = await sent;
  expect(receipt).toMatchObject({ id, outcome: "sent", carriers: [{ name: "test", stream: "1", copies: 3 }] });
  expect(received).toEqual([
    expect.objectContaining({ id, value: { text: "hello" }, topic: "chat", rtpTimestamp: 4_294_966_000 }),
  ]);
  expect(subscriber.stats()).toMatchObject({ messages: 1, duplicates: 2, errors: 0 });
  publisher.close();
  subscriber.close();
});
