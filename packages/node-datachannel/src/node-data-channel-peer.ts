import { kindOf } from "@inband/wire";
import type { PeerConnection } from "node-datachannel";

/** What the adapter needs of a peer connection. */
type OfferingConnection = Pick<
  PeerConnection,
  | "state"
  | "onStateChange"
  | "gatheringState"
  | "onGatheringStateChange"
  | "setLocalDescription"
  | "localDescription"
  | "setRemoteDescription"
  | "close"
>;

/** A connection of node-datachannel that has ended, or has not come about. */
export class NodeDataChannelPeerError extends Error {
  override readonly name = "NodeDataChannelPeerError";
  /** `failed`: ICE or DTLS did not succeed, or ICE lost the peer; `closed`: one of the two sides has closed it. */
  readonly code: "failed" | "closed";

  constructor(code: NodeDataChannelPeerError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A peer connection of node-datachannel that offers, as `connectWhip` and `connectWhep` of `@inband/stage/client` take it. It
 * takes the connection's `onStateChange` and `onGatheringStateChange`. Add the tracks first.
 *
 * node-datachannel tells its peer nothing when it closes: `close` of the session does, by its DELETE.
 *
 * @example
 * ```ts
 * const pc = new PeerConnection("publisher", { iceServers: [] });
 * const video = nodeDataChannelCarrier(pc.addTrack(description), { ssrc, payloadType: 96 });
 * const session = await connectWhip(nodeDataChannelPeer(pc), { url, token });
 * ```
 */
export function nodeDataChannelPeer(pc: OfferingConnection): NodeDataChannelPeer {
  if (typeof pc?.setLocalDescription !== "function" || typeof pc.onGatheringStateChange !== "function") {
    throw new TypeError(`pc: expected a PeerConnection of node-datachannel, got ${kindOf(pc)}`);
  }
  return new NodeDataChannelPeer(pc);
}

/** Made by `nodeDataChannelPeer`. */
export class NodeDataChannelPeer {
  readonly #pc: OfferingConnection;
  readonly #lost: Promise<NodeDataChannelPeerError>;
  readonly #isClosed: Promise<never>;

  constructor(pc: OfferingConnection) {
    this.#pc = pc;
    this.#lost = new Promise((resolve) => {
      const look = (state: string): void => {
        if (state === "closed") resolve(new NodeDataChannelPeerError("closed", "the peer connection was closed"));
        else if (state === "failed") {
          resolve(new NodeDataChannelPeerError("failed", "the connection to the peer has failed, or is lost"));
        }
      };
      pc.onStateChange(look);
      look(pc.state());
    });
    this.#isClosed = this.#lost.then((error) => {
      throw error;
    });
    this.#isClosed.catch(() => {});
  }

  /**
   * Makes the offer. Resolves to its SDP, with all candidates in it.
   *
   * @throws NodeDataChannelPeerError where the connection is closed before.
   */
  offer(): Promise<string> {
    const gathered = new Promise<string>((resolve) => {
      const look = (state: string): void => {
        const sdp = this.#pc.localDescription()?.sdp;
        if (state === "complete" && sdp !== undefined) resolve(sdp);
      };
      this.#pc.onGatheringStateChange(look);
      this.#pc.setLocalDescription("offer" as never);
      look(this.#pc.gatheringState());
    });
    return Promise.race([gathered, this.#isClosed]);
  }

  /** Takes the answer, as SDP. */
  async answer(sdp: string): Promise<void> {
    this.#pc.setRemoteDescription(sdp, "answer" as never);
  }

  /** Resolves when the connection has failed, is lost or was closed, to why. Never rejects. */
  lost(): Promise<NodeDataChannelPeerError> {
    return this.#lost;
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    this.#pc.close();
  }
}
