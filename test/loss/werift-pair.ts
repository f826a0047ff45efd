import { type PeerConfigOptions, peerConfig, WeriftVideo, type WeriftVideoOptions } from "@inband/publisher/werift";
import { RTCPeerConnection, type RTCPeerConnectionConfig, type RTCRtpTransceiver } from "werift";
import type { Loss } from "./channel.ts";
import { type Impairment, impair, type PacketListener } from "./impair.ts";

/** What lies between two peers. */
export interface LinkOptions {
  readonly loss: Loss;
  readonly rttMs: number;
  /** Whether lost packets may be asked for again. */
  readonly nack: boolean;
  readonly dependencyDescriptor: boolean;
  readonly seed: number;
}

/** Two werift peers on loopback, of which one sends video over an impaired connection. */
export interface WeriftPair {
  readonly video: WeriftVideo;
  readonly transceiver: RTCRtpTransceiver;
  readonly counts: Impairment["counts"];
  close(): Promise<void>;
}

const reorderMs = 12;

export async function connectWeriftPair(link: LinkOptions, options: WeriftVideoOptions = {}): Promise<WeriftPair> {
  const config = { loopback: true, dependencyDescriptor: link.dependencyDescriptor };
  const sending = new RTCPeerConnection(linkConfig(config, link.nack));
  const receiving = new RTCPeerConnection(linkConfig(config, link.nack));
  const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
  const video = new WeriftVideo(options);
  const connected = video.connect(sending);
  await sending.setLocalDescription(await sending.createOffer());
  await receiving.setRemoteDescription(sending.localDescription as { type: "offer"; sdp: string });
  await receiving.setLocalDescription(await receiving.createAnswer());
  await sending.setRemoteDescription(receiving.localDescription as { type: "answer"; sdp: string });
  await connected;
  const there = impairSending(sending, link);
  const back = impair(receiving, { ...unharmed, delayMs: link.rttMs / 2 }, link.seed);
  return {
    video,
    transceiver,
    counts: there.counts,
    async close() {
      video.close();
      there[Symbol.dispose]();
      back[Symbol.dispose]();
      await Promise.all([sending.close(), receiving.close()]);
    },
  };
}

const unharmed = { loss: { rate: 0, burst: 1 }, delayMs: 0, reorder: 0, reorderMs: 0, duplicate: 0 };

/** Impairs what a peer sends as the link says: half of the round trip, and some packets late or twice. */
export function impairSending(
  pc: RTCPeerConnection,
  { loss, rttMs, seed }: LinkOptions,
  listener?: PacketListener,
): Impairment {
  return impair(pc, { loss, delayMs: rttMs / 2, reorder: 0.02, reorderMs, duplicate: 0.01 }, seed, listener);
}

/**
 * The configuration that the library gives, with NACK or without. A werift receiver takes PLI ("nack pli") for NACK, so
 * that it goes too, unless it is kept for another receiver.
 */
export function linkConfig(options: PeerConfigOptions, nack: boolean, keepsPli = false): RTCPeerConnectionConfig {
  const config = peerConfig(options);
  if (nack) return config;
  for (const codec of config.codecs?.video ?? []) {
    codec.rtcpFeedback = codec.rtcpFeedback.filter(
      ({ type, parameter }) => type !== "nack" || (keepsPli && parameter === "pli"),
    );
  }
  return config;
}
