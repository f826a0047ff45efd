import { type AccessUnit, buildSei, buildUserDataUnregistered } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { hangMs } from "@inband/rig/hang";
import { hex, hexOf } from "@inband/rig/hex";
import { negotiate } from "@inband/rig/werift/peer";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { expect, it, onTestFinished, vi } from "vitest";
import { carryingAccessUnits } from "./carried-texts.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const userData = (uuid: Uint8Array, payload: Uint8Array) => ({
  payloadType: 5,
  payload: buildUserDataUnregistered({ uuid, payload }),
});

const banner = userData(hex("dc45e9bde6d948b7962cd820d923eeef"), ascii("x264 - core 164\0"));
const signature = userData(hex("005bc93f2d715e95ada4796f90877a6f"), hex("010203000000000001"));
const time = userData(ascii("MISPmicrosectime"), hex("1f0005ff8d2affb1c0ff30ff39"));
const captions = { payloadType: 4, payload: hex("b5003147413934034cfffc9420fc94aefc9162ff") };

/** Other people's SEI: one to a NAL unit, several in one, and one whose last byte a lax writer left out. */
const foreign = [
  buildSei([banner]),
  buildSei([captions, signature]),
  buildSei([time]),
  buildSei([{ payloadType: 6, payload: hex("8420") }]).subarray(0, -1),
];

/** An access unit with the foreign SEI in front of its slice. */
function carryingUnit(index: number): AccessUnit {
  const unit = accessUnit(index);
  return { ...unit, nalUnits: [...unit.nalUnits.slice(0, -1), ...foreign, ...unit.nalUnits.slice(-1)] };
}

it("leaves SEI of x264, ONVIF, MISP and captions as it is between two werift peers, and alone in the subscriber", async () => {
  const sending = peer();
  const { pc: receiving, transceiver } = receiver();
  const arrived = carryingAccessUnits(transceiver, /message \d/);
  const subscriber = new SeiSubscriber<string>();
  const received: string[] = [];
  const errors: Error[] = [];
  subscriber.on("message", ({ value }) => received.push(value));
  subscriber.on("error", (error) => errors.push(error));
  subscriber.attach(weriftFeed(transceiver));
  const publisher = new SeiPublisher<string>({ heartbeat: false });
  const video = newVideo();
  onTestFinished(() => {
    for (const each of [publisher, subscriber]) each.close();
  });
  publisher.attach(video);
  const connected = video.connect(sending);
  await negotiate(sending, receiving);
  await connected;

  const sent = Array.from({ length: 12 }, (_, index) => carryingUnit(index));
  for (const [index, unit] of sent.entries()) {
    if (index % 3 === 0) publisher.publish(`message ${index / 3}`);
    video.write(unit);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await vi.waitUntil(() => arrived.length >= sent.length, { timeout: hangMs });

  const plain = (nals: readonly Uint8Array[]) => nals.map(hexOf);
  for (const [index, { nalUnits, texts }] of arrived.entries()) {
    const before = plain(sent[index]?.nalUnits ?? []);
    const ours = plain(nalUnits).filter((nal) => !before.includes(nal));
    expect(ours).toHaveLength(1);
    expect(texts).toContain(`message ${Math.floor(index / 3)}`);
    expect(plain(nalUnits), "ours last, in front of the slice").toEqual([
      ...before.slice(0, -1),
      ...ours,
      ...before.slice(-1),
    ]);
  }
  expect(received).toEqual([0, 1, 2, 3].map((number) => `message ${number}`));
  expect(subscriber.stats().foreign).toBe(sent.length * 3);
  expect(errors).toEqual([]);
});
