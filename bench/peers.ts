import type { AccessUnit } from "@inband/h264";
import type { Description } from "@inband/rig/werift/peer";
import { BenchProcess } from "./bench-process.ts";
import { delimiter, slice } from "./frames.ts";

/** Tells a far peer that sends to go on, or to pause. */
export interface FarFlow {
  readonly type: "flow";
  readonly isOn: boolean;
}

/** A process with the other peer of a connection in it. */
export type FarPeer = BenchProcess<Description | FarFlow, Description>;

/** Starts a far peer that receives, or one that sends video, of which this share of the packets is lost. */
export function startFarPeer(role: "sender" | "receiver", loss = 0): FarPeer {
  return new BenchProcess("far-peer.ts", role, String(loss));
}

/** Pictures in a second. */
export const framerate = 30;

const pictures = new Map<number, { inter: Uint8Array; key: Uint8Array }>();

/** An access unit of so many bytes; each 60th is a key frame. The same size gives the same bytes. */
export function accessUnit(index: number, bytes: number): AccessUnit {
  let picture = pictures.get(bytes);
  if (!picture) {
    const inter = slice(bytes);
    picture = { inter, key: inter.with(0, 0x65) };
    pictures.set(bytes, picture);
  }
  const isKeyFrame = index % 60 === 0;
  const timestamp = Math.round((index * 1_000_000) / framerate);
  const nalUnits = [delimiter, isKeyFrame ? picture.key : picture.inter];
  return { kind: "video", codec: "h264", nalUnits, timestamp, isKeyFrame };
}

/** A JSON value of about 200 bytes. */
export function value(index: number): { index: number; text: string } {
  return { index, text: "the quick brown fox jumps over the lazy dog ".repeat(4) };
}
