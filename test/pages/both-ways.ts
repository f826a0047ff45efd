import { browserCarrier, browserFeed } from "@inband/browser";
import { SeiPublisher } from "@inband/publisher";
import { connectLoopback } from "@inband/rig/page/loopback";
import { SeiSubscriber } from "@inband/subscriber";

declare global {
  var receivedTexts: () => readonly string[];
}

const received: string[] = [];
const publisher = new SeiPublisher<string>({ logger: console });
const subscriber = new SeiSubscriber<string>({ logger: console });
subscriber.on("message", ({ value }) => received.push(value));

globalThis.receivedTexts = () => received;

/** Sends video to itself, with messages in it. */
await connectLoopback({
  onSender: (sender) => publisher.attach(browserCarrier(sender)),
  onReceiver: (receiver) => subscriber.attach(browserFeed(receiver)),
});
for (const text of ["one", "two", "three"]) publisher.publish(text);
