/**
 * Two peers of werift in one process, by the built packages: one publishes, the other receives. Plain JavaScript, for a
 * Node that strips no types. Takes a byte stream to play, and prints what came, as JSON.
 */
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fromAnnexB } from "@inband/media";
import { SeiPublisher } from "@inband/publisher";
import { SeiSubscriber } from "@inband/subscriber";
import { peerConfig, WeriftVideo, weriftFeed } from "@inband/werift";
import { RTCPeerConnection } from "werift";

const sender = new RTCPeerConnection(peerConfig({ loopback: true }));
const receiver = new RTCPeerConnection(peerConfig({ loopback: true }));
const subscriber = new SeiSubscriber();
receiver.onRemoteTransceiverAdded.subscribe((transceiver) => subscriber.attach(weriftFeed(transceiver)));
const video = new WeriftVideo();
const publisher = new SeiPublisher();
publisher.attach(video);

const connected = video.connect(sender);
await sender.setLocalDescription(await sender.createOffer());
await receiver.setRemoteDescription(sender.localDescription);
await receiver.setLocalDescription(await receiver.createAnswer());
await sender.setRemoteDescription(receiver.localDescription);
await connected;

const accessUnits = [];
for await (const accessUnit of fromAnnexB(createReadStream(process.argv[2]), { framerate: 25 })) {
  accessUnits.push(accessUnit);
}
const stop = new AbortController();
const playing = (async () => {
  for (let count = 0; !stop.signal.aborted; count++) {
    video.write({ ...accessUnits[count % accessUnits.length], timestamp: count * 40_000 });
    await sleep(40);
  }
})();

const receiving = (async () => {
  const values = [];
  for await (const { value } of subscriber.messages()) if (values.push(value) === 3) return values;
})();
const receipts = [
  await publisher.publish({ user: "alice", text: "h\u00e9llo" }, { topic: "chat" }).sent,
  await publisher.publishText("text"),
  await publisher.publishJson([1, "two", null]),
];
const received = await receiving;

stop.abort();
await playing;
publisher.close();
subscriber.close();
video.close();
await Promise.all([sender.close(), receiver.close()]);
console.log(JSON.stringify({ node: process.version, sent: receipts.map(({ outcome }) => outcome), received }));
