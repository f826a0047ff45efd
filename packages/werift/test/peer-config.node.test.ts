import { type PeerConfigOptions, peerConfig } from "@inband/werift";
import { expect, it, onTestFinished } from "vitest";
import { RTCPeerConnection } from "werift";

/** What a connection of this configuration offers. */
async function offerOf(options?: PeerConfigOptions): Promise<string> {
  const pc = new RTCPeerConnection(peerConfig(options));
  onTestFinished(() => pc.close());
  pc.addTransceiver("video", { direction: "recvonly" });
  if (options?.audio) pc.addTransceiver("audio", { direction: "recvonly" });
  return (await pc.createOffer()).sdp;
}

it("offers H.264 with retransmission, transport-cc and the Dependency Descriptor, and nothing of audio", async () => {
  const offer = await offerOf();
  for (const line of [
    /a=rtpmap:96 H264\/90000/,
    /a=fmtp:97 apt=96/,
    /a=rtcp-fb:96 nack\r/,
    /a=rtcp-fb:96 transport-cc/,
  ]) {
    expect(offer).toMatch(line);
  }
  expect(offer).toMatch(/a=extmap:\d+ .*dependency-descriptor/);
  expect(offer).toMatch(/a=extmap:\d+ .*transport-wide-cc/);
  expect(offer).not.toMatch(/opus/i);
});

it("leaves transport-cc out where it is told to, of audio too", async () => {
  const offer = await offerOf({ transportCc: false, audio: true });
  expect(offer).toMatch(/opus\/48000/i);
  expect(offer).not.toMatch(/transport-(wide-)?cc/);
});

it("leaves the Dependency Descriptor out where it is told to", async () => {
  expect(await offerOf({ dependencyDescriptor: false })).not.toMatch(/dependency-descriptor/);
});
