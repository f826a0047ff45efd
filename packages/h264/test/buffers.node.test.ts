import { buildUserDataSei } from "@inband/h264";
import { forEachSei } from "@inband/h264/rtp";
import { expect, it } from "vitest";

const uuid = new Uint8Array(16).fill(7);
const sei = buildUserDataSei({ uuid, payload: Uint8Array.of(1, 2, 3) });

it("does not write to a Buffer whose NAL unit it puts together, of which slice is a view", () => {
  const payload = Buffer.from([0x1c, 0xc6, ...sei.subarray(1)]);
  const before = [...payload];
  const found: Uint8Array[] = [];
  expect(forEachSei(payload, (nal) => found.push(nal))).toBe(true);
  expect(found).toEqual([sei]);
  expect([...payload]).toEqual(before);
});
