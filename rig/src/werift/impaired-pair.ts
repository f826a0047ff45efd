import { type PeerConfigOptions, peerConfig, WeriftVideo, type WeriftVideoOptions } from "@inband/werift";
import { RTCPeerConnection, type RTCPeerConnectionConfig, type RTCRtpTransceiver } from "werift";
import type { Loss } from "../channel.ts";
import { type Impairment, impair, type PacketListener } from "./impairment.ts";
import { negotiate } from "./peer.ts";

/** What lies between two peers. */
export interface LinkOptions {
  readonly loss: Loss;
  readonly rttMs: number;
  /** Whether lost packets may be requested again. */
  readonly nack: boolean;
  readonly dependencyDescriptor: boolean;
  readonly seed: number;
}

/** Two werift peers on loopback, one of which sends video over an impaired connection. */
export interface ImpairedPair {
  readonly video: WeriftVideo;
  readonly transceiver: RTCRtpTransceiver;
  readonly counts: Impairment["counts"];
  close(): Promise<void>;
}

const reorderMs = 12;

/** Connects a pair and impairs its connection as the link says. */
export async function connectImpairedPair(link: LinkOptions, options: WeriftVideoOptions = {}): Promise<ImpairedPair> {
  const config = { loopback: true, dependencyDescriptor: link.dependencyDescriptor };
  const sending = new RTCPeerConnection(linkConfig(config, link.nack));
  const receiving = new RTCPeerConnection(linkConfig(config, link.nack));
  const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
  const video = new WeriftVideo(options);
  const connected = video.connect(sending);
  await negotiate(sending, receiving);
  await connected;
  const there = impairSending(sending, link);
  const back = impair(receiving, { delayMs: link.rttMs / 2 }, link.seed);
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

/** Impairs what a peer sends as the link says: half of the round trip, and some packets late or twice. */
export function impairSending(
  pc: RTCPeerConnection,
  { loss, rttMs, seed }: LinkOptions,
  listener?: PacketListener,
): Impairment {
  return impair(pc, { loss, delayMs: rttMs / 2, reorder: 0.02, reorderMs, duplicate: 0.01 }, seed, listener);
}

/**
 * The configuration of the library, with NACK or without. A werift receiver takes PLI ("nack pli") for NACK, so without
 * NACK it goes too, unless `keepsPli` keeps it for another receiver.
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
