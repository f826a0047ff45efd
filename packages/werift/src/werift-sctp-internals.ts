/**
 * What the libraries use of the SCTP of werift 0.25.2 beyond its public API, as `werift-internals.ts` does of its ICE and
 * DTLS.
 *
 * @module
 */
import type { RTCSctpTransport } from "werift";

type Association = RTCSctpTransport["sctp"];

/** What the class `SCTP` has besides its interface. */
interface AssociationMembers {
  handleData(packet: Buffer): Promise<void>;
  receiveDataChunk(chunk: { readonly userData: Buffer }): void;
  /** Bytes of messages that may still come before one of them is whole. */
  readonly advertisedRwnd: number;
  /** Chunks that have left and are not acknowledged. */
  readonly sentQueue: readonly unknown[];
  /** The numbers of chunks that came before others. */
  readonly sackMisOrdered: ReadonlySet<number>;
}

/** What the class `RTCSctpTransport` has besides its interface. */
interface TransportMembers {
  datachannelReceive(streamId: number, protocol: number, data: Buffer): Promise<void>;
}

function membersOf(association: Association): AssociationMembers {
  return association as unknown as AssociationMembers;
}

/**
 * Passes on only the packets that `admits` accepts, and drops those of them that werift cannot read. It reads them in an
 * asynchronous function whose promise it does not hold: its rejection would end the process. Replaces the private
 * `handleData`, and reads `sentQueue` for what has left and is not acknowledged yet.
 */
export function filterPackets(
  association: Association,
  admits: (packet: Buffer, outstanding: number) => boolean,
): void {
  const members = membersOf(association);
  const handleData = members.handleData.bind(association);
  members.handleData = async (packet) => {
    if (!admits(packet, members.sentQueue.length)) return;
    try {
      await handleData(packet);
    } catch {
      // As RFC 9260 6.8 has a packet dropped whose checksum is wrong.
    }
  };
}

/** Passes on only the chunks of data that `admits` accepts. Replaces the private `receiveDataChunk`. */
export function filterDataChunks(
  association: Association,
  admits: (bytes: number, window: number, misordered: number) => boolean,
): void {
  const members = membersOf(association);
  const receive = members.receiveDataChunk.bind(association);
  members.receiveDataChunk = (chunk) => {
    if (admits(chunk.userData.length, members.advertisedRwnd, members.sackMisOrdered.size)) receive(chunk);
  };
}

/**
 * Passes on only the messages that `admits` accepts: at others werift throws in the same way. Subscribes the private
 * `datachannelReceive` of the transport to `onReceive` of its association anew.
 */
export function filterMessages(
  transport: RTCSctpTransport,
  admits: (streamId: number, protocol: number, data: Buffer) => boolean,
): void {
  const { datachannelReceive } = transport as unknown as TransportMembers;
  const { onReceive } = transport.sctp;
  onReceive.allUnsubscribe();
  onReceive.subscribe((streamId, protocol, data) => {
    if (admits(streamId, protocol, data)) void datachannelReceive(streamId, protocol, data);
  });
}
