/// <reference lib="esnext.disposable" preserve="true" />
import {
  type CarrierEvents,
  type CarrierLimits,
  CarrierPublishers,
  type CarrierStream,
  checkOptions,
  defaultCarrierLimits,
  type OpenCarrier,
  type SeiCarrier,
} from "@inband/stream";
import { kindOf } from "@inband/wire";
import { MediaStreamTrack, type RTCRtpSender, RtpHeader, RtpPacket } from "werift";
import { ConnectError } from "./connect-error.ts";
import { onKeyFrameRequest } from "./key-frame-feedback.ts";
import { RtpSeiInserter } from "./rtp-sei-inserter.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { guardTransport } from "./transport-guard.ts";

/** Settings of a `weriftInjector`. */
export interface WeriftInjectorOptions {
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue `werift`
   */
  readonly name?: string;
  /**
   * What SEI may take.
   *
   * @defaultValue `defaultCarrierLimits`
   */
  readonly limits?: CarrierLimits;
  /**
   * Most bytes of an RTP payload that the injector makes.
   *
   * @defaultValue 1170
   */
  readonly maxPayloadBytes?: number;
}

/** Counts of a `WeriftInjector` since its construction. */
export interface WeriftInjectorStats {
  /** RTP packets that left, those with messages included. */
  readonly packets: number;
  /** RTP packets that were inserted for messages. */
  readonly insertedPackets: number;
  /** Packets that were not passed on: duplicates, those that came far too late, and bytes that are not RTP. */
  readonly droppedPackets: number;
  /** Failures that were reported to the publishers; the video went on. */
  readonly failures: number;
}

/** Puts messages into RTP that is already packetized. Made by `weriftInjector`. */
export interface WeriftInjector extends SeiCarrier, Disposable {
  /** Passes one RTP packet on, with the messages that are due in front of each picture. Never throws. */
  write(packet: RtpPacket | Buffer): void;
  /** Counts since construction. */
  stats(): WeriftInjectorStats;
  /** Gives up the messages that wait. Packets go on, without messages. */
  close(): void;
}

/**
 * Puts messages into H.264 that comes as RTP, from `ffmpeg -f rtp` or from another peer, on its way to a werift sender or
 * track: SEI goes into packets of its own in front of the first packet of each picture, and all packets behind it get new
 * sequence numbers. Where access units are at hand use `WeriftVideo`, which needs no extra packets.
 *
 * Payloads, timestamps and markers stay as they came, and so do gaps and late packets; header extensions do not, since
 * their ids are those of the other connection. A picture behind a gap carries no messages: they wait for the next. Given
 * a sender, messages wait until it is connected; key frames that its peer requests are reported to the publishers, and so
 * is its end or 5 seconds of its silence, as an `error`. Given a track, packets go to whatever reads it.
 *
 * @throws TypeError when `target` is not one of video, or an option is wrong; RangeError for one out of range.
 *
 * @example
 * const injector = weriftInjector(pc.addTransceiver("video", { direction: "sendonly" }).sender);
 * publisher.attach(injector);
 * socket.on("message", (packet) => injector.write(packet));
 */
export function weriftInjector(
  target: RTCRtpSender | MediaStreamTrack,
  options: WeriftInjectorOptions = {},
): WeriftInjector {
  return new Injector(target, options);
}

const optionNames: ReadonlySet<string> = new Set([
  "name",
  "limits",
  "maxPayloadBytes",
] satisfies (keyof WeriftInjectorOptions)[]);

class Injector implements WeriftInjector {
  readonly name: string;
  readonly limits: CarrierLimits;
  readonly #target: RTCRtpSender | MediaStreamTrack;
  readonly #publishers: CarrierPublishers;
  readonly #stream: CarrierStream;
  readonly #inserter: RtpSeiInserter;
  readonly #unsubscribe: (() => void)[] = [];
  #silence: SilenceWatch | undefined;
  #packets = 0;
  #droppedPackets = 0;
  #closed = false;

  constructor(target: RTCRtpSender | MediaStreamTrack, options: WeriftInjectorOptions) {
    if (!(target instanceof MediaStreamTrack) && typeof target?.sendRtp !== "function") {
      throw new TypeError(`target: expected an RTCRtpSender or a MediaStreamTrack of werift, got ${kindOf(target)}`);
    }
    if (target.kind !== "video") throw new TypeError("target: messages ride in video, this one is for audio");
    checkOptions(options, optionNames);
    this.name = options.name ?? "werift";
    this.limits = options.limits ?? defaultCarrierLimits;
    this.#target = target;
    this.#publishers = new CarrierPublishers(this.limits);
    this.#stream = this.#publishers.stream(this.name);
    const { maxPayloadBytes } = options;
    this.#inserter = new RtpSeiInserter({
      stream: this.#stream,
      ...(maxPayloadBytes === undefined ? {} : { maxPayloadBytes }),
      flows: () => this.#flows(),
      send: (header, sequenceNumber, marker, payload) => this.#send(header, sequenceNumber, marker, payload),
    });
    if (!(target instanceof MediaStreamTrack)) this.#listen(target);
  }

  open(events: CarrierEvents, limits: CarrierLimits = this.limits): OpenCarrier {
    return this.#publishers.open(events, limits);
  }

  write(packet: RtpPacket | Buffer): void {
    try {
      const read = Buffer.isBuffer(packet) ? RtpPacket.deSerialize(packet) : packet;
      if (!this.#inserter.write(read)) this.#droppedPackets++;
    } catch (error) {
      this.#stream.rollback();
      this.#droppedPackets++;
      // Bytes that cannot be read are not a failure of the injector.
      if (!Buffer.isBuffer(packet)) this.#publishers.failed(error);
    }
  }

  stats(): WeriftInjectorStats {
    return {
      packets: this.#packets,
      insertedPackets: this.#inserter.insertedPackets,
      droppedPackets: this.#droppedPackets,
      failures: this.#publishers.failures,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#publishers.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #listen(sender: RTCRtpSender): void {
    let isListening = false;
    if (sender.dtlsTransport) guardTransport(sender.dtlsTransport);
    const listen = (): void => {
      if (isListening) return;
      isListening = true;
      const { dtlsTransport } = sender;
      const silence = new SilenceWatch(() => [guardTransport(dtlsTransport)], {
        silent: () => {
          this.#publishers.failed(
            new ConnectError("silent", "nothing has come from the peer for 5 seconds: messages wait until it is back"),
          );
        },
      });
      this.#silence = silence;
      this.#unsubscribe.push(
        () => silence.stop(),
        onKeyFrameRequest(sender, () => this.#publishers.keyFrameRequest()),
        dtlsTransport.onStateChange.subscribe((state) => {
          if (state !== "closed" && state !== "failed") return;
          silence.stop();
          this.#publishers.failed(new ConnectError("closed", "the connection to the peer has ended"));
        }).unSubscribe,
      );
    };
    if (sender.dtlsTransport?.state === "connected") listen();
    else this.#unsubscribe.push(sender.onReady.subscribe(listen).unSubscribe);
  }

  #flows(): boolean {
    if (this.#target instanceof MediaStreamTrack) return true;
    return this.#target.dtlsTransport?.state === "connected" && this.#silence?.isSilent !== true;
  }

  #send({ timestamp, payloadType, ssrc }: RtpHeader, sequenceNumber: number, marker: boolean, payload: Buffer): void {
    const packet = new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, payloadType, ssrc, marker }), payload);
    this.#packets++;
    if (this.#target instanceof MediaStreamTrack) this.#target.writeRtp(packet);
    else this.#target.sendRtp(packet).catch(() => {});
  }
}
