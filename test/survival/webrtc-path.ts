import { setTimeout as sleep } from "node:timers/promises";
import type { ReceivedAccessUnit } from "@inband/media/probe";
import { until } from "@inband/rig/until";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { type CarryingAccessUnit, carryingAccessUnits } from "../carried-texts.ts";
import type { Clip } from "./clip.ts";
import { settle } from "./settle.ts";

const noText = /$^/;

/**
 * Sends a clip in real time from one werift peer to another, through what they meet at; resolves with what comes.
 *
 * @param publish Negotiates for the peer that sends; its video is on it already.
 * @param subscribe Negotiates for the peer that receives, and says on which transceiver it does.
 */
export async function overWebRtc(
  clip: Clip,
  publish: (pc: RTCPeerConnection) => Promise<void>,
  subscribe: (pc: RTCPeerConnection, read: (transceiver: RTCRtpTransceiver) => void) => Promise<void>,
): Promise<ReceivedAccessUnit[]> {
  const sending = loopbackPeer();
  const receiving = loopbackPeer();
  const video = new WeriftVideo();
  try {
    const connected = video.connect(sending);
    await publish(sending);
    await connected;
    let came: readonly CarryingAccessUnit[] = [];
    await subscribe(receiving, (transceiver) => {
      came = carryingAccessUnits(transceiver, noText);
    });
    await until(() => receiving.connectionState === "connected");
    const beginMs = performance.now();
    for (const accessUnit of clip.accessUnits) {
      await sleep(Math.max(0, beginMs + accessUnit.timestamp / 1000 - performance.now()));
      video.write(accessUnit);
    }
    await settle();
    const begin = came[0]?.rtpTimestamp ?? 0;
    return came.map(({ nalUnits, rtpTimestamp }) => ({
      nalUnits,
      timestamp: Math.round((((rtpTimestamp - begin) >>> 0) * 100) / 9),
    }));
  } finally {
    video.close();
    await Promise.all([sending.close(), receiving.close()]);
  }
}
