/**
 * Shows how to publish messages inside live H.264 video over WebRTC and receive them in Node.
 *
 * 1. encode a moving test picture,
 * 2. send it from one werift peer to another, in this one process,
 * 3. publish three chat messages while it flows,
 * 4. receive each of them once, with the frame that it rode on.
 */
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { SeiSubscriber } from "@inband/subscriber";
import { peerConfig, WeriftVideo, weriftFeed } from "@inband/werift";
import { RTCPeerConnection } from "werift";

interface Chat {
  readonly user: string;
  readonly text: string;
}

const size = { width: 640, height: 360, framerate: 30 };
const stop = new AbortController();
const sendingPeer = new RTCPeerConnection(peerConfig({ loopback: true }));
const receivingPeer = new RTCPeerConnection(peerConfig({ loopback: true }));

const subscriber = new SeiSubscriber<Chat>();
receivingPeer.onRemoteTransceiverAdded.subscribe((transceiver) => {
  subscriber.attach(weriftFeed(transceiver));
});

const video = new WeriftVideo();
const publisher = new SeiPublisher<Chat>();
publisher.attach(video);

const connected = video.connect(sendingPeer);
await sendingPeer.setLocalDescription(await sendingPeer.createOffer());
await receivingPeer.setRemoteDescription(sendingPeer.localDescription!);
await receivingPeer.setLocalDescription(await receivingPeer.createAnswer());
await sendingPeer.setRemoteDescription(receivingPeer.localDescription!);
await connected;

const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 1_000_000 });
video.connectEncoder(encoder);
const streaming = (async () => {
  for await (const frame of testPicture({ ...size, realtime: true, signal: stop.signal })) {
    const accessUnit = await encoder.encode(frame);
    if (accessUnit) video.write(accessUnit);
  }
})().catch((error) => {
  if (!stop.signal.aborted) throw error;
});

for (const text of ["hello", "this line rides inside a frame", "and so does this one"]) {
  publisher.publish({ user: "alice", text }, { topic: "chat" });
}
let count = 0;
for await (const { value, rtpTimestamp, publishedAt, receivedAt } of subscriber.messages({ topic: "chat" })) {
  const latency = publishedAt === undefined || receivedAt === undefined ? "" : `, ${receivedAt - publishedAt} ms`;
  console.log(`${value.user}: ${value.text} (frame ${rtpTimestamp}${latency})`);
  if (++count === 3) break;
}

stop.abort();
await streaming;
publisher.close();
subscriber.close();
video.close();
encoder.close();
await Promise.all([sendingPeer.close(), receivingPeer.close()]);
