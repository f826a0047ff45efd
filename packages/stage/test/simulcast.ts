import { nalOfBits, u, ue } from "@inband/rig/bits";
import { until } from "@inband/rig/until";
import { peerConfig } from "@inband/werift";
import {
  GenericNack,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtpHeader,
  serializeSdesMid,
  serializeSdesRTPStreamID,
  useSdesRTPStreamId,
} from "werift";
import { peer } from "./stage.ts";

/** A packet of a layer, as a test writes it. */
export interface LayerPacket {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly marker?: boolean;
}

/** A publisher of simulcast whose packets a test makes one by one: werift sends one encoding only. */
export interface SimulcastPublisher {
  send(rid: string, packet: LayerPacket): void;
  /** Key frames that were requested, by layer. */
  readonly requests: readonly string[];
}

/** Joins a stage as a publisher of so many layers, whose lost packets are sent again when they are requested. */
export async function publishSimulcast(
  url: string,
  token: string,
  rids: readonly string[],
  isLost: (sequenceNumber: number) => boolean = () => false,
): Promise<SimulcastPublisher> {
  const config = peerConfig({ loopback: true, transportCc: false });
  config.headerExtensions?.video?.push(useSdesRTPStreamId());
  const pc = peer(config);
  const transceiver: RTCRtpTransceiver = pc.addTransceiver("video", { direction: "sendonly" });
  await pc.setLocalDescription(await pc.createOffer());
  const layers = [...rids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${rids.join(";")}`];
  const sdp = (pc.localDescription?.sdp ?? "").replace(/a=ssrc.*\r\n/g, "").trimEnd();
  const response = await fetch(`${url}/publish/alice`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" },
    body: [sdp, ...layers, ""].join("\r\n"),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(answer);
  const plain = answer.replace(/a=(rid|simulcast):.*\r\n/g, "");
  await pc.setRemoteDescription({ type: "answer", sdp: plain });
  await until(() => pc.connectionState === "connected");
  const { sender } = transceiver;
  const idOf = (wanted: string): number => extensionId(transceiver, wanted);
  const ssrcOf = (rid: string): number => 1000 + rids.indexOf(rid);
  const requests: string[] = [];
  const lost = new Map<string, () => void>();
  const nameOf = (ssrc: number, sequenceNumber: number) => `${ssrc} ${sequenceNumber}`;
  sender.dtlsTransport.onRtcp.subscribe((packet) => {
    const { feedback } = packet as { feedback?: unknown };
    if (feedback instanceof GenericNack) {
      for (const number of feedback.lost) lost.get(nameOf(feedback.mediaSourceSsrc, number))?.();
      return;
    }
    const { mediaSsrc } = (feedback ?? {}) as { mediaSsrc?: number };
    const rid = rids.find((rid) => ssrcOf(rid) === mediaSsrc);
    if (rid !== undefined) requests.push(rid);
  });
  return {
    requests,
    send(rid, { sequenceNumber, timestamp, payload, marker = true }) {
      const extensions = [
        { id: idOf(RTP_EXTENSION_URI.sdesMid), payload: serializeSdesMid(transceiver.mid ?? "0") },
        { id: idOf(RTP_EXTENSION_URI.sdesRTPStreamID), payload: serializeSdesRTPStreamID(rid) },
      ];
      const payloadType = sender.codec?.payloadType ?? 96;
      const header = new RtpHeader({ sequenceNumber, timestamp, marker, payloadType, ssrc: ssrcOf(rid), extensions });
      const leave = () => void sender.dtlsTransport.sendRtp(Buffer.from(payload), header).catch(() => {});
      if (isLost(sequenceNumber)) lost.set(nameOf(header.ssrc, sequenceNumber), leave);
      else leave();
    },
  };
}

function extensionId({ headerExtensions }: RTCRtpTransceiver, wanted: string): number {
  const id = headerExtensions.find(({ uri }) => uri === wanted)?.id;
  if (id === undefined) throw new Error(`the answer lacks ${wanted}`);
  return id;
}

/** The sequence parameter set of pictures of a size in macroblocks, in Constrained Baseline. */
export function spsOfSize(width: number, height: number): Uint8Array {
  const profile = u(66, 8) + u(0xc0, 8) + u(30, 8);
  const numbering = ue(0) + ue(0) + ue(2) + ue(1) + u(0, 1);
  return nalOfBits(0x67, profile + numbering + ue(width - 1) + ue(height - 1) + u(1, 1) + u(1, 1) + u(0, 1) + u(0, 1));
}
