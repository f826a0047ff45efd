import { type RtpHeader, RtpPacket } from "werift";

/** A packet on its way to subscribers. They change its header while they send it, and put back what they changed. */
export class ForwardedPacket extends RtpPacket {
  /** The Dependency Descriptor, in the frame numbers of its source. */
  readonly descriptor: Buffer | undefined;

  constructor(header: RtpHeader, payload: Buffer, descriptor: Buffer | undefined) {
    super(header, payload);
    this.descriptor = descriptor;
  }
}
