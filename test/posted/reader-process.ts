/**
 * A subscriber of video, in a process of its own and on node-datachannel, which costs little: notes when each access unit came,
 * stores it, and reads its messages. It says so when pictures come, reports when it is asked, and ends when its parent
 * disconnects.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { joinAnnexB } from "@inband/h264";
import { H264Depayloader, type H264RtpPacket, RtpReorder } from "@inband/h264/rtp";
import { nodeDataChannelFeed } from "@inband/node-datachannel";
import { loopbackNativePeer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { until } from "@inband/rig/until";
import { parseRtpPacket } from "@inband/rtp";
import { SeiSubscriber } from "@inband/subscriber";
import { RtcpReceivingSession, Video } from "node-datachannel";
import { postOffer } from "../interop/post-offer.ts";
import type { ReaderOptions, VideoReading } from "./peers.ts";

/** AES-GCM's (RFC 7714 14.2). */
const srtpTagBytes = 16;

const { url, path, token, file }: ReaderOptions = JSON.parse(process.argv[2] ?? "");
const stored = createWriteStream(file);
const accessUnits: [number, number][] = [];
const ids: string[] = [];
const errors: string[] = [];
let broken = 0;
let bytes = 0;
let packets = 0;
const reorder = new RtpReorder<H264RtpPacket>();
const depayloader = new H264Depayloader();
const lastPacketAtMs = new Map<number, number>();

const pc = loopbackNativePeer("reader");
const description = new Video("video", "RecvOnly");
description.addH264Codec(96);
const track = pc.addTrack(description);
track.setMediaHandler(new RtcpReceivingSession());
const subscriber = new SeiSubscriber();
subscriber.on("message", ({ id }) => ids.push(id));
subscriber.on("gap", ({ missing }) => errors.push(`gap of ${missing}`));
subscriber.on("error", (error) => errors.push(error.message));
subscriber.attach(nodeDataChannelFeed(track, { payloadType: 96, onPacket: take }));

process.on("message", () => process.send?.(reading()));
process.once("disconnect", () => process.exit());
const stage = { url, token: async () => token };
const { answer } = await postOffer(stage, path, "", await nativeOffer(pc));
pc.setRemoteDescription(answer, "answer");
await until(() => packets > 0);
process.send?.(reading());

function reading(): VideoReading {
  return { accessUnits, broken, ids, bytes, packets, errors };
}

function take(datagram: Uint8Array): void {
  const atMs = performance.timeOrigin + performance.now();
  const parsed = parseRtpPacket(datagram);
  if (!parsed) return;
  const { sequenceNumber, rtpTimestamp, marker, payload } = parsed;
  packets += 1;
  bytes += datagram.length + srtpTagBytes;
  if (marker) lastPacketAtMs.set(rtpTimestamp, atMs);
  const packet = { payload: payload.slice(), sequenceNumber, rtpTimestamp, marker };
  reorder.push(packet, sequenceNumber, performance.now(), (ordered, extended) => {
    for (const unit of depayloader.push({ ...ordered, sequenceNumber: extended })) {
      if (!unit.isComplete) broken += 1;
      accessUnits.push([unit.rtpTimestamp, lastPacketAtMs.get(unit.rtpTimestamp) ?? Number.NaN]);
      lastPacketAtMs.delete(unit.rtpTimestamp);
      stored.write(joinAnnexB(unit.nalUnits));
    }
  });
}
