/**
 * Everything of werift 0.25.2 that the libraries use beyond its public API, with `werift-rtp-internals.ts`: here the
 * inside of its ICE and DTLS. Other files reach private members, and behavior that it does not promise, through these
 * functions alone, and `werift-internals.node.test.ts` checks each on a connected pair, so that it fails when a release of
 * werift changes one.
 *
 * @module
 */
import { createSecretKey, type KeyObject } from "node:crypto";
import type { Socket } from "node:dgram";
import type { RTCDtlsTransport } from "werift";
import { buildDtlsRecord, type DtlsRecord } from "./dtls-record.ts";

/** The ICE agent of a transport. */
export type IceConnection = RTCDtlsTransport["iceTransport"]["connection"];

type CandidatePair = NonNullable<IceConnection["nominated"]>;

/** A socket of an ICE agent, with STUN on it: UDP, TCP or TURN. */
export type IceProtocol = CandidatePair["protocol"];

/** What werift's class `Connection` has besides its interface. */
interface ConnectionMembers {
  readonly protocols: readonly IceProtocol[];
  readonly userHistory: Readonly<Record<string, string>>;
  ensureProtocol(protocol: IceProtocol): void;
  buildRequest(request: {
    readonly nominate: boolean;
    readonly localUsername: string;
    readonly remoteUsername: string;
    readonly iceControlling: boolean;
    readonly localCandidate: CandidatePair["localCandidate"];
  }): Parameters<IceProtocol["request"]>[0];
}

/** What the protocol of a UDP socket has besides its interface. */
interface UdpMembers {
  readonly transport?: {
    readonly rinfo?: { readonly address: string; readonly port: number };
    readonly socket?: Partial<Pick<Socket, "getRecvBufferSize" | "setRecvBufferSize">>;
  };
}

function membersOf(connection: IceConnection): ConnectionMembers {
  return connection as unknown as ConnectionMembers;
}

/**
 * Calls `listener` with each protocol of an ICE agent, present and future, before a datagram can arrive on it. Reads
 * the private `protocols` and wraps the private `ensureProtocol`, to which werift passes each protocol that it creates:
 * no event says so.
 *
 * @returns Whether this werift has both; otherwise `listener` is never called.
 */
export function onIceProtocol(connection: IceConnection, listener: (protocol: IceProtocol) => void): boolean {
  const members = membersOf(connection);
  if (typeof members.ensureProtocol !== "function" || !Array.isArray(members.protocols)) return false;
  for (const protocol of members.protocols) listener(protocol);
  const ensureProtocol = members.ensureProtocol.bind(connection);
  members.ensureProtocol = (protocol) => {
    listener(protocol);
    ensureProtocol(protocol);
  };
  return true;
}

/**
 * Passes only the STUN requests that `admits` accepts on to werift. Replaces `execute` of the protocol's
 * `onRequestReceived`: a subscription could not keep a request from werift.
 */
export function filterStunRequests(
  protocol: IceProtocol,
  admits: (address: readonly [host: string, port: number], datagram: Buffer) => boolean,
): void {
  const event = protocol.onRequestReceived;
  const { execute } = event;
  event.execute = (message, address, datagram) => {
    if (admits(address, datagram)) execute(message, address, datagram);
  };
}

/**
 * Hands every datagram that is not STUN to `read` instead of werift; `pass` hands one to werift. Replaces `execute` of
 * the protocol's `onDataReceived`, for the same reason.
 */
export function interceptData(
  protocol: IceProtocol,
  read: (datagram: Buffer, pass: (datagram: Buffer) => void) => void,
): void {
  const event = protocol.onDataReceived;
  const { execute } = event;
  event.execute = (datagram) => read(datagram, execute);
}

/**
 * Where the datagram that a protocol is handing over came from; undefined for TCP and TURN. Reads `rinfo` of the UDP
 * transport, which werift sets before each datagram: its event does not carry the address.
 */
export function sourceOf(protocol: IceProtocol): { readonly address: string; readonly port: number } | undefined {
  return (protocol as UdpMembers).transport?.rinfo;
}

/**
 * Asks the system for room for so many bytes of datagrams that have come and are not read yet, on each UDP socket of an ICE
 * agent. It gives what it allows (`net.core.rmem_max`). Calls `setRecvBufferSize` of `socket` of the
 * UDP transports in `protocols`.
 */
export function growReceiveBuffers(connection: IceConnection, bytes: number): void {
  for (const protocol of membersOf(connection).protocols) {
    try {
      const socket = (protocol as UdpMembers).transport?.socket;
      if ((socket?.getRecvBufferSize?.() ?? bytes) < bytes) socket?.setRecvBufferSize?.(bytes);
    } catch {
      // A socket that is closed, or not open yet: no media comes on it.
    }
  }
}

/** Our ICE password for a username fragment, one from before an ICE restart included. Reads `userHistory`. */
export function icePasswordOf(connection: IceConnection, usernameFragment: string): string | undefined {
  const { userHistory } = membersOf(connection);
  return Object.hasOwn(userHistory, usernameFragment) ? userHistory[usernameFragment] : undefined;
}

/**
 * Whether an address has answered a connectivity check that left on a protocol. Reads the pairs of `checkList` and the
 * answers that they count.
 */
export function hasAnsweredCheck(
  connection: IceConnection,
  protocol: IceProtocol,
  from: { readonly address: string; readonly port: number },
): boolean {
  return connection.checkList.some(
    (pair) =>
      pair.protocol === protocol &&
      pair.responsesReceived > 0 &&
      pair.remoteAddr[0] === from.address &&
      pair.remoteAddr[1] === from.port,
  );
}

/** Answers to the checks on the selected pair, those for consent included. Reads `nominated`. */
export function stunAnswers(connection: IceConnection): number {
  return connection.nominated?.responsesReceived ?? 0;
}

/**
 * Sends the STUN request that asks for consent (RFC 7675 5.1) over the selected pair and resolves to whether the answer to
 * it came, and not only one of the signs that `acceptSignsForConsent` takes for it.
 * Calls the private `buildRequest`, since werift asks in its own rhythm only, and `request` of the protocol in `nominated`.
 *
 * @throws Error where there is no selected pair, or no answer within `timeoutMs`.
 */
export async function requestConsent(connection: IceConnection, timeoutMs: number): Promise<boolean> {
  const { nominated, localUsername, remoteUsername, remotePassword, iceControlling } = connection;
  if (!nominated) throw new Error("connection: expected a selected pair, got none");
  const { localCandidate, remoteAddr, protocol } = nominated;
  const request = membersOf(connection).buildRequest({
    nominate: false,
    localUsername,
    remoteUsername,
    iceControlling,
    localCandidate,
  });
  const [answer] = await protocol.request(request, remoteAddr, Buffer.from(remotePassword), {
    retransmissions: 0,
    responseTimeout: timeoutMs,
  });
  return answer !== request;
}

/**
 * Has a STUN request for consent that got no answer count as answered where `signs` has changed meanwhile. Replaces
 * `request` of the protocol: werift goes by STUN alone, and ends a connection 30 seconds after the last answer. Requests
 * for consent are those without retransmissions.
 */
export function acceptSignsForConsent(protocol: IceProtocol, signs: () => number): void {
  const request = protocol.request.bind(protocol);
  protocol.request = async (...args) => {
    const before = signs();
    try {
      return await request(...args);
    } catch (error) {
      const [, , , options] = args;
      const isForConsent = typeof options === "object" && options.retransmissions === 0;
      if (!isForConsent || signs() === before) throw error;
      // What is asked for consent looks at nothing of the answer.
      return [args[0], args[1]];
    }
  };
}

/** Whether the DTLS handshake is complete. Reads `connected` of the `DtlsSocket`. */
export function isHandshakeComplete(transport: RTCDtlsTransport): boolean {
  return transport.dtls?.connected === true;
}

/** Calls `listener` for each record of application data that decrypts. Subscribes to `onData` of the `DtlsSocket`. */
export function onApplicationData(transport: RTCDtlsTransport, listener: () => void): void {
  transport.dtls?.onData.subscribe(listener);
}

/** The keys in a cipher of SRTP or SRTCP. */
const sessionKeys = ["srtpSessionKey", "srtcpSessionKey", "srtpSessionAuthTag", "srtcpSessionAuthTag"] as const;

/**
 * Has SRTP and SRTCP use key objects in place of the bytes of the keys, once their sessions have begun. werift makes a
 * cipher and an HMAC for each packet, and each made from bytes costs 10 microseconds more than from an object in Node 24.
 * Replaces the keys in `cipher` of both contexts of `srtp` and `srtcp`, which are passed to `node:crypto` as they are.
 */
export function useKeyObjects({ srtp, srtcp }: RTCDtlsTransport): void {
  for (const context of [srtp, srtcp].flatMap((session) => [session?.localContext, session?.remoteContext])) {
    const cipher = context?.cipher as Partial<Record<(typeof sessionKeys)[number], Buffer | KeyObject>> | undefined;
    if (!cipher) continue;
    for (const name of sessionKeys) {
      const key = cipher[name];
      if (Buffer.isBuffer(key)) cipher[name] = createSecretKey(key);
    }
  }
}

/**
 * Decrypts a record, by `cipher.decryptPacket` of the `DtlsSocket`: werift reads alerts before it decrypts them.
 *
 * @throws Error where the record is not authentic, or there are no keys.
 */
export function decryptRecord(
  { dtls }: RTCDtlsTransport,
  { type, epoch, sequenceNumber, version, fragment }: DtlsRecord,
): Buffer {
  if (!dtls || epoch === 0) throw new Error("record: expected an encrypted one, got plaintext");
  const protocolVersion = { major: version >> 8, minor: version & 0xff };
  const recordLayerHeader = { contentType: type, protocolVersion, epoch, sequenceNumber, contentLen: fragment.length };
  const packet = { recordLayerHeader, fragment } as Parameters<typeof dtls.cipher.decryptPacket>[0];
  return dtls.cipher.decryptPacket(packet);
}

/**
 * Encrypts a record of a content type and sends it: werift's own `send` knows application data alone. Calls
 * `cipher.cipher.encrypt` of the `DtlsSocket`, takes `version`, `epoch` and the next `recordSequenceNumber` of its
 * `dtls`, and sends by the ICE agent.
 *
 * @throws Error where there are no keys or the datagram cannot be sent.
 */
export async function sendRecord(
  { dtls, iceTransport }: RTCDtlsTransport,
  type: number,
  plaintext: Buffer,
): Promise<void> {
  if (!dtls) throw new Error("transport: expected a DTLS connection, got none");
  const { cipher, dtls: context } = dtls;
  const { major, minor } = context.version;
  const { epoch } = context;
  const header = { type, version: (major << 8) | minor, epoch, sequenceNumber: ++context.recordSequenceNumber };
  const fragment = cipher.cipher.encrypt(cipher.sessionType, plaintext, header);
  await iceTransport.connection.send(buildDtlsRecord({ ...header, fragment }));
}

/**
 * Ends a transport as if the peer had: its state changes to `closed`. Executes `onClose` of the `DtlsSocket`; `stop`
 * would close the ICE agent too.
 */
export function endTransport({ dtls }: RTCDtlsTransport): void {
  dtls?.onClose.execute();
}
