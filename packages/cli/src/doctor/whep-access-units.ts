import { type DepayloadedAccessUnit, H264Depayloader, RtpReorder } from "@inband/h264/rtp";
import type { ReceivedAccessUnit } from "@inband/media/probe";
import { connectWhep } from "@inband/stage/client";
import { peerConfig, requestKeyFrame } from "@inband/werift";
import { RTCPeerConnection, type RtpPacket } from "werift";
import { reach } from "../reach.ts";

const flushEveryMs = 50;

/**
 * The access units that a WHEP server sends, from the first whole one on, until the signal aborts or the connection ends.
 *
 * @throws an error of the stage client, CommandError, or the signal's reason.
 */
export async function* whepAccessUnits({
  url,
  token,
  signal,
}: {
  url: string;
  token: string | undefined;
  signal: AbortSignal;
}): AsyncGenerator<ReceivedAccessUnit> {
  signal.throwIfAborted();
  const pc = new RTCPeerConnection(peerConfig({ loopback: true }));
  const units = new RtpAccessUnitQueue();
  const end = () => units.end();
  signal.addEventListener("abort", end, { once: true });
  const timer = setInterval(() => units.flush(), flushEveryMs);
  try {
    const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
    transceiver.onTrack.subscribe((track) => {
      let ssrc: number | undefined;
      track.onReceiveRtp.subscribe((packet) => {
        if (ssrc === undefined) requestKeyFrame(transceiver, packet.header.ssrc);
        ssrc ??= packet.header.ssrc;
        if (packet.header.ssrc === ssrc && isVideo(transceiver, packet)) units.push(packet);
      });
    });
    pc.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") end();
    });
    const session = await reach(url, connectWhep(pc, { url, ...(token === undefined ? {} : { token }), signal }));
    try {
      yield* units;
    } finally {
      await session.close();
    }
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", end);
    await pc.close();
  }
}

/** Not a repair packet, which has a payload type of its own. */
function isVideo({ codecs }: { codecs: readonly { payloadType: number; mimeType: string }[] }, { header }: RtpPacket) {
  const codec = codecs.find(({ payloadType }) => payloadType === header.payloadType);
  return codec === undefined || codec.mimeType.toLowerCase() === "video/h264";
}

/** The access units of one RTP stream, as they become whole. */
class RtpAccessUnitQueue implements AsyncIterable<ReceivedAccessUnit> {
  readonly #reorder = new RtpReorder<RtpPacket>();
  readonly #depayloader = new H264Depayloader();
  readonly #ready: ReceivedAccessUnit[] = [];
  #firstTimestamp: number | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;

  push(packet: RtpPacket): void {
    const { sequenceNumber } = packet.header;
    this.#reorder.push(packet, sequenceNumber, performance.now(), (...released) => this.#take(...released));
  }

  /** Gives up packets that have been missing for too long. */
  flush(): void {
    this.#reorder.flush(performance.now(), (...released) => this.#take(...released));
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedAccessUnit> {
    for (;;) {
      for (let unit = this.#ready.shift(); unit !== undefined; unit = this.#ready.shift()) yield unit;
      if (this.#isOver) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take({ header, payload }: RtpPacket, sequenceNumber: number): void {
    const { timestamp, marker } = header;
    const packet = { payload: payload ?? new Uint8Array(0), sequenceNumber, rtpTimestamp: timestamp, marker };
    for (const unit of this.#depayloader.push(packet)) this.#add(unit);
  }

  #add({ nalUnits, rtpTimestamp, isComplete }: DepayloadedAccessUnit): void {
    // Who joins in the middle of a picture has lost nothing.
    if (this.#firstTimestamp === undefined && !isComplete) return;
    this.#firstTimestamp ??= rtpTimestamp;
    const timestamp = Math.round((((rtpTimestamp - this.#firstTimestamp) | 0) * 100) / 9);
    this.#ready.push({ nalUnits, timestamp });
    this.#wake();
  }
}
