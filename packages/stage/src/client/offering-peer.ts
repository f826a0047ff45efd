import { guardTransports, sendCloseNotify } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { connectedPeer, lossOf } from "./peer-loss.ts";

/**
 * A peer connection of any transport, as it joins a stage: it makes the offer and takes the answer. Of node-datachannel it
 * is what `nodeDataChannelPeer` makes; a peer connection of werift needs none.
 */
export interface OfferingPeer {
  /** Makes the offer. Resolves to its SDP, with all candidates in it: the protocol has no trickle. */
  offer(): Promise<string>;
  /** Takes the answer, as SDP. */
  answer(sdp: string): Promise<void>;
  /** Resolves when the connection does not come about, or is lost or closed, to why. Never rejects. */
  lost(): Promise<Error>;
  /** Ends the connection, and tells the other side where the transport can. Idempotent. */
  close(): Promise<void>;
}

/** That of werift. */
export function weriftPeer(pc: RTCPeerConnection): OfferingPeer {
  return {
    async offer() {
      guardTransports(pc);
      await pc.setLocalDescription(await pc.createOffer());
      const { localDescription } = pc;
      if (!localDescription) throw new TypeError("the peer connection is closed");
      return localDescription.sdp;
    },
    answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
    lost: () =>
      connectedPeer(pc).then(
        () => lossOf(pc),
        (error: Error) => error,
      ),
    async close() {
      await sendCloseNotify(pc);
      await pc.close();
    },
  };
}
