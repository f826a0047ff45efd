import type { RTCDtlsTransport, RTCPeerConnection } from "werift";
import {
  contentType,
  type DtlsRecord,
  endsConnection,
  isDtls,
  isPlainHandshake,
  readDtlsRecords,
} from "./dtls-record.ts";
import { isAuthenticStunRequest } from "./stun-integrity.ts";

/** Addresses from which a peer may speak; it has a few for each of its network interfaces. */
const maxAddresses = 64;

/** Records of a handshake. One takes some 15 with its retransmissions; werift keeps fragments without a bound. */
const maxHandshakeRecords = 512;

/** How long an answer to a probe is waited for, in milliseconds; longer than any round trip that calls are made over. */
const probeTimeoutMs = 1000;

type Connection = RTCDtlsTransport["iceTransport"]["connection"];
type Pair = NonNullable<Connection["nominated"]>;
type Protocol = Pair["protocol"];

/** What is private in werift and used here. */
interface ConnectionInternals {
  readonly protocols: readonly Protocol[];
  /** Our ICE passwords by username fragment, those before a restart too. */
  readonly userHistory: Readonly<Record<string, string>>;
  ensureProtocol(protocol: Protocol): void;
  buildRequest(request: {
    readonly nominate: boolean;
    readonly localUsername: string;
    readonly remoteUsername: string;
    readonly iceControlling: boolean;
    readonly localCandidate: Pair["localCandidate"];
  }): Parameters<Protocol["request"]>[0];
}

/** A protocol on a UDP socket knows where the datagram in hand came from. */
interface UdpProtocol {
  readonly transport?: { readonly rinfo?: { readonly address: string; readonly port: number } };
}

const guards = new WeakMap<Connection, TransportGuard>();
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
 * - media passes untouched: SRTP authenticates it.
 *
 * Of werift it reaches into: `Connection.ensureProtocol`, `protocols`, `userHistory` and `buildRequest`, `checkList` and `nominated`; the `execute` of a protocol's `onRequestReceived` and `onDataReceived`, which are replaced;
 * `rinfo` of its UDP transport; and of `DtlsSocket` `connected`, `cipher.decryptPacket` and `onClose`.
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

/** Guards all transports of a peer connection that there are by now. */
export function guardTransports(pc: RTCPeerConnection): TransportGuard[] {
  return pc.dtlsTransports.map(guardTransport);
}

/** The guard of one transport; made by `guardTransport`. */
export class TransportGuard {
  readonly #transport: RTCDtlsTransport;
  readonly #connection: Connection;
  /** Where the peer has shown that it knows our ICE password. */
  readonly #addresses = new Set<string>();
  #handshakeRecords = 0;
  #authenticated = 0;
  #refused = 0;

  constructor(transport: RTCDtlsTransport) {
    this.#transport = transport;
    this.#connection = transport.iceTransport.connection;
    transport.onRtp.subscribe(() => this.#authenticated++);
    transport.onRtcp.subscribe(() => this.#authenticated++);
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") transport.dtls?.onData.subscribe(() => this.#authenticated++);
    });
    const internals = this.#connection as unknown as Partial<ConnectionInternals>;
    if (typeof internals.ensureProtocol !== "function" || !Array.isArray(internals.protocols)) {
      if (!hasWarned) {
        process.emitWarning("this version of werift is unknown: forged datagrams may end its connections", {
          code: "INBAND_UNGUARDED_TRANSPORT",
        });
      }
      hasWarned = true;
      return;
    }
    for (const protocol of internals.protocols) this.#guard(protocol);
    const ensureProtocol = internals.ensureProtocol.bind(this.#connection);
    internals.ensureProtocol = (protocol) => {
      this.#guard(protocol);
      ensureProtocol(protocol);
    };
  }

  /** A number that changes whenever something has come from the peer itself: media, reports, data, STUN. */
  get heard(): number {
    return this.#authenticated + (this.#connection.nominated?.responsesReceived ?? 0);
  }

  /** Datagrams and records of others that were dropped. */
  get refused(): number {
    return this.#refused;
  }

  /** Asks the peer for a sign of life, by the STUN request that also asks for consent (RFC 7675 5.1). Never rejects. */
  async probe(): Promise<boolean> {
    const { nominated, localUsername, remoteUsername, remotePassword, iceControlling } = this.#connection;
    const internals = this.#connection as unknown as ConnectionInternals;
    if (!nominated) return false;
    try {
      const { localCandidate, remoteAddr, protocol } = nominated;
      const request = internals.buildRequest({
        nominate: false,
        localUsername,
        remoteUsername,
        iceControlling,
        localCandidate,
      });
      await protocol.request(request, remoteAddr, Buffer.from(remotePassword), {
        retransmissions: 0,
        responseTimeout: probeTimeoutMs,
      });
      this.#authenticated++;
      return true;
    } catch {
      return false;
    }
  }

  #guard(protocol: Protocol): void {
    const { onRequestReceived, onDataReceived } = protocol;
    const request = onRequestReceived.execute;
    onRequestReceived.execute = (message, address, datagram) => {
      if (this.#admitsRequest(address, datagram)) request(message, address, datagram);
      else this.#refused++;
    };
    const data = onDataReceived.execute;
    onDataReceived.execute = (datagram) => {
      if (isDtls(datagram)) this.#readDtls(protocol, datagram, data);
      else data(datagram);
    };
  }

  #admitsRequest([host, port]: readonly [string, number], datagram: Buffer): boolean {
    const { userHistory } = this.#connection as unknown as ConnectionInternals;
    const passwordOf = (name: string): string | undefined =>
      Object.hasOwn(userHistory, name) ? userHistory[name] : undefined;
    if (!isAuthenticStunRequest(datagram, passwordOf)) return false;
    const address = `${host} ${port}`;
    if (this.#addresses.size >= maxAddresses && !this.#addresses.has(address)) return false;
    this.#addresses.add(address);
    this.#authenticated++;
    return true;
  }

  #readDtls(protocol: Protocol, datagram: Buffer, pass: (datagram: Buffer) => void): void {
    if (!this.#isFromPeer(protocol)) {
      this.#refused++;
      return;
    }
    for (const record of readDtlsRecords(datagram)) {
      if (record.type === contentType.alert) this.#readAlert(record);
      else if (this.#admits(record)) pass(record.bytes);
      else this.#refused++;
    }
  }

  /** Where a datagram came from is known of UDP alone; TCP and TURN have connections of their own. */
  #isFromPeer(protocol: Protocol): boolean {
    const from = (protocol as UdpProtocol).transport?.rinfo;
    if (!from || this.#addresses.has(`${from.address} ${from.port}`)) return true;
    return this.#connection.checkList.some(
      (pair) =>
        pair.protocol === protocol &&
        pair.responsesReceived > 0 &&
        pair.remoteAddr[0] === from.address &&
        pair.remoteAddr[1] === from.port,
    );
  }

  #admits({ type, epoch, fragment }: DtlsRecord): boolean {
    const isComplete = this.#transport.dtls?.connected === true;
    switch (type) {
      case contentType.applicationData:
        // werift decrypts it, and drops what it cannot.
        return epoch > 0;
      case contentType.changeCipherSpec:
        return !isComplete;
      case contentType.handshake:
        // An encrypted one is the Finished of a peer that has not heard ours: werift decrypts it and answers.
        if (epoch > 0) return true;
        return !isComplete && this.#handshakeRecords++ < maxHandshakeRecords && isPlainHandshake(fragment);
      default:
        return false;
    }
  }

  #readAlert({ type, epoch, sequenceNumber, version, fragment }: DtlsRecord): void {
    const { dtls } = this.#transport;
    try {
      if (!dtls || epoch === 0) throw new Error("not encrypted");
      const protocolVersion = { major: version >> 8, minor: version & 0xff };
      const recordLayerHeader = {
        contentType: type,
        protocolVersion,
        epoch,
        sequenceNumber,
        contentLen: fragment.length,
      };
      const alert = dtls.cipher.decryptPacket({ recordLayerHeader, fragment } as Parameters<
        typeof dtls.cipher.decryptPacket
      >[0]);
      if (endsConnection(alert)) dtls.onClose.execute();
    } catch {
      this.#refused++;
    }
  }
}
