import { createEncoder } from "@inband/h264/encoder";
import { wrtcFrames } from "@inband/media/frames";
import { until } from "@inband/rig/until";
import wrtc from "@roamhq/wrtc";
import { expect, it, onTestFinished } from "vitest";

/** A participant who sends VP8, as seen by another one. */
async function receivedTrack(size: { readonly width: number; readonly height: number }) {
  const [sending, receiving] = [new wrtc.RTCPeerConnection(), new wrtc.RTCPeerConnection()];
  const source = new wrtc.nonstandard.RTCVideoSource();
  const sent = source.createTrack();
  sending.addTrack(sent);
  for (const [one, other] of [
    [sending, receiving],
    [receiving, sending],
  ] as const) {
    one.onicecandidate = ({ candidate }) => candidate && void other.addIceCandidate(candidate);
  }
  const arrived = new Promise<MediaStreamTrack>((resolve) => {
    receiving.ontrack = ({ track }) => resolve(track);
  });
  await sending.setLocalDescription(await sending.createOffer());
  await receiving.setRemoteDescription(sending.localDescription as RTCSessionDescription);
  await receiving.setLocalDescription(await receiving.createAnswer());
  await sending.setRemoteDescription(receiving.localDescription as RTCSessionDescription);
  const data = new Uint8Array((size.width * size.height * 3) / 2);
  let shade = 0;
  const playing = setInterval(() => source.onFrame({ ...size, data: data.fill(60 + (shade++ % 100)) }), 33);
  onTestFinished(() => {
    clearInterval(playing);
    sent.stop();
    sending.close();
    receiving.close();
  });
  await until(() => receiving.connectionState === "connected");
  return { track: await arrived, receiving };
}

it("the pictures of a participant who sends VP8 are encoded as H.264", async () => {
  const { track } = await receivedTrack({ width: 320, height: 240 });
  let encoder: Awaited<ReturnType<typeof createEncoder>> | undefined;
  const times: number[] = [];
  let nalUnits = 0;
  for await (const frame of wrtcFrames(track)) {
    const { codedWidth: width, codedHeight: height } = frame;
    encoder ??= await createEncoder({ width, height, framerate: 30, codec: "libx264" });
    // Congestion control may have begun with a smaller picture.
    if (encoder.info.width !== width || encoder.info.height !== height) encoder.setResolution(width, height);
    const accessUnit = await encoder.encode(frame);
    nalUnits += accessUnit?.nalUnits.length ?? 0;
    times.push(frame.timestamp);
    if (times.length === 10) break;
  }
  encoder?.close();
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(nalUnits).toBeGreaterThan(10);
});

it("another track is refused by name", async () => {
  await expect(wrtcFrames({ kind: "audio" }).next()).rejects.toThrow("track: expected one of kind video, got audio");
});
