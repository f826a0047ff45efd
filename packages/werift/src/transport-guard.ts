import type { RTCDtlsTransport, RTCPeerConnection } from "werift";
import {
  contentType,
  type DtlsRecord,
  endsConnection,
  isDtls,
  readDtlsRecords,
  readHandshakeFragments,
} from "./dtls-record.ts";
import { guardChannels } from "./guard-channels.ts";
import { HandshakeOrder } from "./handshake-order.ts";
import { isAuthenticStunRequest } from "./stun-integrity.ts";
import {
  acceptSignsForConsent,
  decryptRecord,
  endTransport,
  filterStunRequests,
  growReceiveBuffers,
  hasAnsweredCheck,
  type IceConnection,
  type IceProtocol,
  icePasswordOf,
  interceptData,
  isHandshakeComplete,
  onApplicationData,
  onIceProtocol,
  requestConsent,
  sourceOf,
  stunAnswers,
  useKeyObjects,
} from "./werift-internals.ts";

/** Addresses from which a peer may speak; it has a few for each of its network interfaces. */
const maxAddresses = 64;

/** Records of a handshake. One takes some 15 with its retransmissions; werift keeps fragments without a bound. */
const maxHandshakeRecords = 512;

/** How long an answer to a probe is waited for, in milliseconds; longer than any round trip that calls are made over. */
const probeTimeoutMs = 1000;

/**
 * The usual 208 KiB hold 92 packets of video (each counts for more than its bytes): a busy event loop that comes to its
 * socket 100 ms late has lost some of 10 Mbit/s by then.
 */
const receiveBufferBytes = 1024 * 1024;

const guards = new WeakMap<IceConnection, TransportGuard>();
let hasWarned = false;

/**
 * Lets only what the peer itself sent reach a werift transport, and knows when that was last. Applies once to each
 * transport, however often it is called, and for as long as it lives.
 *
 * werift 0.25.2 acts on bytes that anybody can send to its UDP port: it reads DTLS alerts before decrypting them and
 * takes records of unknown types for alerts, so that one datagram of 14 bytes ends a session; a plaintext ClientHello or
 * ServerHelloDone throws its keys away; and it answers STUN requests without checking their MESSAGE-INTEGRITY, learning
 * candidates from them and sending checks there. The standards have such bytes dropped in silence (RFC 6347 4.1.2.7,
 * RFC 5389 10.1.2). Here
 *
 * - STUN requests pass when their MESSAGE-INTEGRITY holds, from a bounded number of addresses;
 * - DTLS passes from addresses where such a request, or an answer to a check of ours, came from;
 * - before the handshake is complete no alert passes unless it decrypts, and no Finished that is not encrypted;
 * - after it no record of epoch 0 passes, and alerts that decrypt are acted upon here: close_notify and fatal ones end
 *   the transport as `closed`;
 * - handshake messages come whole, once and in their order;
 * - media passes untouched: SRTP authenticates it. It stands for the consent of a peer that answers no STUN request, as
 *   the WHIP muxer of FFmpeg 8, whose stream would end after 30 seconds: RFC 7675 asks for consent so that nobody is sent
 *   what he does not want, and a peer that speaks on the connection with its keys does.
 */
export function guardTransport(transport: RTCDtlsTransport): TransportGuard {
  const { connection } = transport.iceTransport;
  let guard = guards.get(connection);
  if (!guard) {
    guard = new TransportGuard(transport);
    guards.set(connection, guard);
  }
  return guard;
}

/** Guards all transports of a peer connection that there are by now, and its data channels. */
export function guardTransports(pc: RTCPeerConnection): TransportGuard[] {
  guardChannels(pc);
  return pc.dtlsTransports.map(guardTransport);
}

/** The guard of one transport; made by `guardTransport`. */
export class TransportGuard {
  readonly #transport: RTCDtlsTransport;
  readonly #connection: IceConnection;
  /** Where the peer has shown that it knows our ICE password. */
  readonly #addresses = new Set<string>();
  readonly #handshake = new HandshakeOrder();
  #handshakeRecords = 0;
  #authenticated = 0;
  #refused = 0;

  constructor(transport: RTCDtlsTransport) {
    this.#transport = transport;
    this.#connection = transport.iceTransport.connection;
    transport.onRtp.subscribe(() => this.#authenticated++);
    transport.onRtcp.subscribe(() => this.#authenticated++);
    transport.onStateChange.subscribe((state) => {
      if (state !== "connected") return;
      onApplicationData(transport, () => this.#authenticated++);
      useKeyObjects(transport);
      growReceiveBuffers(this.#connection, receiveBufferBytes);
    });
    useKeyObjects(transport);
    if (onIceProtocol(this.#connection, (protocol) => this.#guard(protocol))) return;
    if (!hasWarned) {
      process.emitWarning("this version of werift is unknown: forged datagrams may end its connections", {
        code: "INBAND_UNGUARDED_TRANSPORT",
      });
    }
    hasWarned = true;
  }

  /** A number that changes whenever something has come from the peer itself: media, reports, data, STUN. */
  get heard(): number {
    return this.#authenticated + stunAnswers(this.#connection);
  }

  /** Datagrams and records of others that were dropped. */
  get refused(): number {
    return this.#refused;
  }

  /** Asks the peer for a sign of life, by the STUN request that also asks for consent (RFC 7675 5.1). Never rejects. */
  async probe(): Promise<boolean> {
    return (await this.#request()) !== "nothing";
  }

  /** Whether the peer answers a question that is put to it now, by the same request: what it sent before does not count. */
  async answers(): Promise<boolean> {
    return (await this.#request()) === "answer";
  }

  async #request(): Promise<"answer" | "sign" | "nothing"> {
    try {
      if (!(await requestConsent(this.#connection, probeTimeoutMs))) return "sign";
      // A sign has been counted when it came: counted again it would be one to the next request, and so on for ever.
      this.#authenticated++;
      return "answer";
    } catch {
      return "nothing";
    }
  }

  #guard(protocol: IceProtocol): void {
    acceptSignsForConsent(protocol, () => this.#authenticated);
    filterStunRequests(protocol, (address, datagram) => {
      const isAdmitted = this.#admitsRequest(address, datagram);
      if (!isAdmitted) this.#refused++;
      return isAdmitted;
    });
    interceptData(protocol, (datagram, pass) => {
      if (isDtls(datagram)) this.#readDtls(protocol, datagram, pass);
      else pass(datagram);
    });
  }

  #admitsRequest([host, port]: readonly [string, number], datagram: Buffer): boolean {
    const passwordOf = (fragment: string): string | undefined => icePasswordOf(this.#connection, fragment);
    if (!isAuthenticStunRequest(datagram, passwordOf)) return false;
    const address = `${host} ${port}`;
    if (this.#addresses.size >= maxAddresses && !this.#addresses.has(address)) return false;
    this.#addresses.add(address);
    this.#authenticated++;
    return true;
  }

  #readDtls(protocol: IceProtocol, datagram: Buffer, pass: (datagram: Buffer) => void): void {
    if (!this.#isFromPeer(protocol)) {
      this.#refused++;
      return;
    }
    for (const record of readDtlsRecords(datagram)) {
      if (record.type === contentType.alert) this.#readAlert(record);
      else if (!this.#admits(record)) this.#refused++;
      else if (record.type !== contentType.handshake || record.epoch > 0) pass(record.bytes);
      else for (const message of this.#handshake.read(record)) pass(message);
    }
  }

  /** Where a datagram came from is known of UDP alone; TCP and TURN have connections of their own. */
  #isFromPeer(protocol: IceProtocol): boolean {
    const from = sourceOf(protocol);
    if (!from || this.#addresses.has(`${from.address} ${from.port}`)) return true;
    return hasAnsweredCheck(this.#connection, protocol, from);
  }

  #admits({ type, epoch, fragment }: DtlsRecord): boolean {
    const isComplete = isHandshakeComplete(this.#transport);
    switch (type) {
      case contentType.applicationData:
        // werift decrypts it, and drops what it cannot.
        return epoch > 0;
      case contentType.changeCipherSpec:
        return !isComplete;
      case contentType.handshake:
        // An encrypted one is the Finished of a peer that has not heard ours: werift decrypts it and answers.
        if (epoch > 0) return true;
        if (isComplete || this.#handshakeRecords++ >= maxHandshakeRecords) return false;
        return readHandshakeFragments(fragment).length > 0;
      default:
        return false;
    }
  }

  #readAlert(record: DtlsRecord): void {
    try {
      if (endsConnection(decryptRecord(this.#transport, record))) endTransport(this.#transport);
    } catch {
      this.#refused++;
    }
  }
}
