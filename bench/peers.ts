import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { AccessUnit } from "@inband/h264";
import { peerConfig } from "@inband/publisher/werift";
import { RTCPeerConnection } from "werift";
import { delimiter, slice } from "./frames.ts";

/** What the bench and the process of the far peer say to each other. */
export interface FarMessage {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

/** Tells a far peer that sends to go on, or to pause. */
export interface FarFlow {
  readonly type: "flow";
  readonly isOn: boolean;
}

/** A peer on loopback, as the library configures it. */
export function newPeer(): RTCPeerConnection {
  return new RTCPeerConnection(peerConfig({ loopback: true }));
}

/** The description of an offerer that has one: its offer or its answer. */
export function descriptionOf(pc: RTCPeerConnection): FarMessage {
  const { type, sdp } = pc.localDescription ?? {};
  if ((type !== "offer" && type !== "answer") || sdp === undefined) throw new Error("The peer has no description");
  return { type, sdp };
}

/** Another process with a peer in it, so that the CPU time of this one is that of one side. */
export interface FarPeer extends AsyncDisposable {
  say(message: FarMessage | FarFlow): void;
  next(): Promise<FarMessage>;
}

/** Starts a far peer that sends video, of which the share `loss` of the packets is dropped, or one that receives. */
export function startFarPeer(role: "sender" | "receiver", loss = 0): FarPeer {
  const child = fork(join(import.meta.dirname, "far-peer.ts"), [role, String(loss)]);
  const exited = once(child, "exit");
  return {
    say: (message) => void child.send(message),
    async next() {
      const ended = exited.then(() => Promise.reject(new Error("The process of the far peer has ended")));
      const [message] = (await Promise.race([once(child, "message"), ended])) as [FarMessage];
      return message;
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
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
