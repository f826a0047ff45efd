import type { AccessUnit } from "@inband/h264";
import { Probe } from "@inband/media/probe";
import { accessUnit } from "@inband/rig/access-unit";

/** A made-up stream of pictures that differ, with a key frame each 10. */
export function video(pictures: number): AccessUnit[] {
  return Array.from({ length: pictures }, (_, index) => {
    const made = accessUnit(index, { isKeyFrame: index % 10 === 0, sliceBytes: 40 });
    const slice = (made.nalUnits.at(-1) as Uint8Array).slice();
    slice.set([1 + (index & 0x7f), 1 + (index >> 7)], 10);
    return { ...made, nalUnits: [...made.nalUnits.slice(0, -1), slice] };
  });
}

/** A probe that has gone into a stream, and the access units that leave with it. */
export function probed(accessUnits: readonly AccessUnit[]): { probe: Probe; sent: AccessUnit[] } {
  const probe = new Probe({ id: "abc123" });
  return { probe, sent: accessUnits.map((one) => probe.insert(one)) };
}
