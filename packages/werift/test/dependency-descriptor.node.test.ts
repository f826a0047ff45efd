import { accessUnit } from "@inband/rig/access-unit";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer } from "@inband/rig/werift/test-peer";
import { peerConfig, WeriftVideo } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RTCRtpTransceiver, RTP_EXTENSION_URI } from "werift";

function descriptorsOf(transceiver: RTCRtpTransceiver): string[] {
  const descriptors: string[] = [];
  transceiver.onTrack.subscribe((track) =>
    track.onReceiveRtp.subscribe((_, extensions) => {
      const descriptor: Buffer | undefined = extensions?.[RTP_EXTENSION_URI.dependencyDescriptor];
      descriptors.push(descriptor?.toString("hex") ?? "none");
    }),
  );
  return descriptors;
}

/** Sends the video to a receiver that offers these header extensions, or that answers ours. */
async function received(video: WeriftVideo, options: { extensions?: string[]; opted?: false } = {}) {
  const config = peerConfig({ loopback: true });
  const known = config.headerExtensions?.video ?? [];
  const extensions = options.extensions?.map((uri) => known.find((known) => known.uri === uri) ?? known[0]);
  const receiver = peer(extensions ? { headerExtensions: { video: extensions as typeof known } } : {});
  const transceiver = receiver.addTransceiver("video", { direction: "recvonly" });
  const descriptors = descriptorsOf(transceiver);
  const sender = peer(options.opted === false ? peerConfig({ loopback: true, dependencyDescriptor: false }) : {});
  if (extensions) {
    await receiver.setLocalDescription(await receiver.createOffer());
    await sender.setRemoteDescription(receiver.localDescription as { type: "offer"; sdp: string });
    const connected = video.connect(sender);
    await sender.setLocalDescription(await sender.createAnswer());
    await receiver.setRemoteDescription(sender.localDescription as { type: "answer"; sdp: string });
    await connected;
  } else {
    const connected = video.connect(sender);
    await negotiate(sender, receiver);
    await connected;
  }
  return descriptors;
}

describe("the Dependency Descriptor", () => {
  it("stands on every packet for each peer that agreed on it, whatever its id there, and on none for others", async () => {
    const video = new WeriftVideo();
    onTestFinished(() => video.close());
    const { dependencyDescriptor, sdesMid, absSendTime } = RTP_EXTENSION_URI;
    const all = [
      await received(video),
      await received(video, { extensions: [dependencyDescriptor, sdesMid, absSendTime] }),
      await received(video, { extensions: [sdesMid, absSendTime] }),
      await received(video, { opted: false }),
    ];
    // SPS and PPS in a STAP-A, then three fragments; a slice in two; a slice in one packet.
    video.write(accessUnit(0, { sliceBytes: 3000 }));
    video.write(accessUnit(1, { sliceBytes: 2000 }));
    video.write(accessUnit(2));
    await until(() => all.every((packets) => packets.length === 7));
    const expected = ["80000080003b4000", "000000", "000000", "400000", "810001", "410001", "c10002"];
    expect(all[0]).toEqual(expected);
    expect(all[1]).toEqual(expected);
    expect(new Set([...(all[2] ?? []), ...(all[3] ?? [])])).toEqual(new Set(["none"]));
  });

  it("numbers access units over 16 bits, and those too that the pacer leaves out", async () => {
    const video = new WeriftVideo({ packetsPerMs: 1 });
    onTestFinished(() => video.close());
    const descriptors = await received(video);
    video.write(accessUnit(0, { sliceBytes: 1_400_000 }));
    video.write(accessUnit(1, { sliceBytes: 1_400_000 }));
    expect(video.stats().droppedAccessUnits).toBe(1);
    await until(() => descriptors.length >= video.stats().packets && video.stats().packets > 1000);
    video.write(accessUnit(2));
    await until(() => descriptors.at(-1) === "c10002");
  });
});
