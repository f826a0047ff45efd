import { NalUnitType, nalUnitType, readUserData } from "@inband/h264";
import { type DepayloadedAccessUnit, H264Depayloader, type H264RtpPacket, RtpReorder } from "@inband/h264/rtp";
import type { MediaStreamTrack, RTCRtpTransceiver } from "werift";

/** An access unit as it came in one stream, and what its messages said. */
export interface CarryingAccessUnit extends DepayloadedAccessUnit {
  readonly ssrc: number;
  /** In the order of the NAL units. */
  readonly texts: readonly string[];
  readonly seiBytes: number;
}

/**
 * The access units of every track that a werift transceiver receives, put together from its packets without a feed: a
 * list that grows. A text is what the payload of a message has of `pattern`.
 */
export function carryingAccessUnits(transceiver: RTCRtpTransceiver, pattern: RegExp): CarryingAccessUnit[] {
  const units: CarryingAccessUnit[] = [];
  const read = (track: MediaStreamTrack): void => {
    const reorder = new RtpReorder<H264RtpPacket>();
    const depayloader = new H264Depayloader();
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      const { sequenceNumber, timestamp: rtpTimestamp, marker, ssrc } = header;
      // Padding alone has a sequence number too.
      const packet = { payload: payload ?? new Uint8Array(), sequenceNumber, rtpTimestamp, marker };
      reorder.push(packet, sequenceNumber, performance.now(), (packet, extended) => {
        for (const unit of depayloader.push({ ...packet, sequenceNumber: extended })) {
          units.push({ ...unit, ssrc, ...messagesIn(unit.nalUnits, pattern) });
        }
      });
    });
  };
  transceiver.onTrack.subscribe(read);
  for (const track of transceiver.receiver.tracks) read(track);
  return units;
}

function messagesIn(nalUnits: readonly Uint8Array[], pattern: RegExp) {
  const texts: string[] = [];
  let seiBytes = 0;
  for (const nal of nalUnits) {
    if (nalUnitType(nal) !== NalUnitType.Sei) continue;
    seiBytes += nal.length;
    readUserData(nal, (_, payload) => {
      const [text] = pattern.exec(new TextDecoder().decode(payload)) ?? [];
      if (text !== undefined) texts.push(text);
    });
  }
  return { texts, seiBytes };
}
