/**
 * What the libraries use of the senders and receivers of werift 0.25.2 beyond its public API, as `werift-internals.ts` does
 * of its ICE and DTLS.
 *
 * @module
 */
import {
  type RTCPFB,
  type RTCRtpCodecParameters,
  type RTCRtpReceiver,
  type RTCRtpSender,
  type RTCRtpTransceiver,
  type RtcpPacket,
  type RtpPacket,
  wrapRtx,
} from "werift";

/**
 * Sends a packet and returns the transport-wide sequence number that it got, undefined where transport-cc was not
 * negotiated or nothing was sent. Compares `transportSequenceNumber` of the transport before and after: `sendRtp` copies
 * the header and numbers the packet before it returns, so the caller may change the header afterwards.
 */
export function sendNumbered(sender: RTCRtpSender, packet: RtpPacket): number | undefined {
  const before = sender.dtlsTransport.transportSequenceNumber;
  sender.sendRtp(packet).catch(() => {});
  const number = sender.dtlsTransport.transportSequenceNumber;
  return number === before ? undefined : number;
}

/** What a sender keeps to answer NACKs, and how it repeats packets. */
interface SenderMembers {
  readonly rtpCache: readonly (RtpPacket | undefined)[];
  readonly rtxPayloadType?: number;
  rtxSequenceNumber: number;
}

function membersOfSender(sender: RTCRtpSender): SenderMembers {
  return sender as unknown as SenderMembers;
}

/** The places of the `rtpCache` of a sender: it keeps a packet in the one of its sequence number. */
const keptPackets = 128;

/**
 * The packet with a sequence number as it left, while its sender keeps it and answers a NACK for it by itself. Reads the
 * private `rtpCache`.
 */
export function keptPacket(sender: RTCRtpSender, sequenceNumber: number): RtpPacket | undefined {
  const packet = membersOfSender(sender).rtpCache[sequenceNumber % keptPackets];
  return packet?.header.sequenceNumber === sequenceNumber ? packet : undefined;
}

/** Whether a sender repeats packets as RTX (RFC 4588). Reads the private `rtxPayloadType`. */
export function repeatsByRtx(sender: RTCRtpSender): boolean {
  return membersOfSender(sender).rtxPayloadType !== undefined;
}

/**
 * Sends a packet once more, as the sender itself answers a NACK: as RTX where that was negotiated, in the numbering of the
 * sender's own (`rtxSequenceNumber`), else as it is, so it has to be the very packet that left. Sends by the transport.
 */
export function sendAgain(sender: RTCRtpSender, packet: RtpPacket): void {
  const members = membersOfSender(sender);
  let repeated = packet;
  if (members.rtxPayloadType !== undefined) {
    repeated = wrapRtx(packet, members.rtxPayloadType, members.rtxSequenceNumber, sender.rtxSsrc);
    members.rtxSequenceNumber = (members.rtxSequenceNumber + 1) & 0xffff;
  }
  sender.dtlsTransport.sendRtp(repeated.payload, repeated.header).catch(() => {});
}

/**
 * Sends feedback about what a receiver receives, made for its `rtcpSsrc`. Sends by the transport, since the receiver's
 * own methods depend on the feedback of its codec.
 */
export function sendFeedback(receiver: RTCRtpReceiver, feedback: (senderSsrc: number) => RtcpPacket): void {
  receiver.dtlsTransport.sendRtcp([feedback(receiver.rtcpSsrc)]).catch(() => {});
}

/** A receiver that sends no NACK of its own. */
export interface SilencedNack {
  /** What the transceiver has as its codecs now; another negotiation replaces them and ends the silence. */
  readonly codecs: RTCRtpCodecParameters[];
  /** Returns the NACK to werift. */
  restore(): void;
}

/**
 * Keeps werift from sending NACK. The receiver sends it while the first of its private `codecs` has feedback of the type
 * `nack`, `nack pli` included, and those are the objects that the transceiver has. They lose that feedback, and the
 * transceiver gets copies that keep it, from which werift writes the next offer or answer.
 */
export function silenceNack(transceiver: RTCRtpTransceiver): SilencedNack {
  const held = new Map<RTCRtpCodecParameters, RTCPFB[]>();
  const { codecs } = transceiver;
  const copies = codecs.map((codec) => Object.assign(Object.create(Object.getPrototypeOf(codec)), codec));
  transceiver.codecs = copies;
  for (const codec of codecs) {
    held.set(codec, codec.rtcpFeedback);
    codec.rtcpFeedback = codec.rtcpFeedback.filter(({ type }) => type !== "nack");
  }
  return {
    codecs: copies,
    restore() {
      for (const [codec, rtcpFeedback] of held) codec.rtcpFeedback = rtcpFeedback;
    },
  };
}
