import { insertSei, readUserData } from "@inband/h264";
import { forEachSei, H264Payloader } from "@inband/h264/rtp";
import { SeiPublisher } from "@inband/publisher";
import { framesPerSecond } from "@inband/rig/access-unit";
import { Channel, type Loss } from "@inband/rig/channel";
import { Random } from "@inband/rig/random";
import { VirtualTime } from "@inband/rig/virtual-time";
import {
  CarrierPublishers,
  type CarrierStream,
  defaultCarrierLimits,
  type SeiCarrier,
  type SeiFeed,
  type SeiSink,
} from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket } from "werift";
import { Account, type Balance, type Sample } from "./account.ts";
import { tapHeartbeats } from "./heartbeat-tap.ts";
import { accessUnit } from "./picture.ts";
import { type LaboratoryOutbox, type Schedule, ScheduleCarrier } from "./schedule-carrier.ts";

/** One set of conditions in virtual time. */
export interface VirtualCell {
  readonly seed: number;
  readonly messages: number;
  readonly loss: Loss;
  /** The publisher's settings; absent: its defaults. */
  readonly copies?: number;
  readonly keyFrameCopies?: number;
  /** Another schedule than the library has. */
  readonly schedule?: Schedule;
  /** Bytes of messages on a key frame; absent: as on every access unit. */
  readonly keyFrameBytes?: number;
  /** Access units from one message to the next. With as many as there are copies, no two messages share a packet. */
  readonly spacing: number;
  /**
   * `packets`: a receiver in Node, which reads each packet. `frames`: a browser with the Dependency Descriptor, which
   * reads each access unit of which every packet came.
   */
  readonly receiver: "packets" | "frames";
}

/** What came of it. */
export interface VirtualResult extends Balance {
  /** Bytes of SEI NAL units for each message. */
  readonly bytesPerMessage: number;
  /** Share of the packets that were lost. */
  readonly lossRate: number;
  /** Messages said to be of another access unit than the one of their first copy; has to be 0. */
  readonly misbound: number;
}

const oneWayMs = 25;
const reorderMs = 12;
/** Before the first message, so that the feed has begun; and behind the last, for key frames, expiry and gaps. */
const framesBefore = framesPerSecond;
const framesAfter = 16 * framesPerSecond;

/**
 * Publishes through the real publisher, outbox and payloader, over a channel that loses, reorders and doubles packets,
 * to the real feed and subscriber, without NACK. The same seed gives the same figures.
 */
export function runVirtualCell(cell: VirtualCell): VirtualResult {
  const random = new Random(cell.seed);
  const time = new VirtualTime();
  const now = (): number => time.nowMs;
  const account = new Account(cell.messages);
  const channel = new Channel(
    { loss: cell.loss, delayMs: oneWayMs, reorder: 0.02, reorderMs, duplicate: 0.01 },
    random,
  );
  const publisher = new SeiPublisher<Sample>({
    now,
    clock: now,
    random: (bytes) => random.fill(bytes),
    ...(cell.copies === undefined ? {} : { copies: cell.copies }),
    ...(cell.keyFrameCopies === undefined ? {} : { keyFrameCopies: cell.keyFrameCopies }),
  });
  const subscriber = new SeiSubscriber<Sample>();
  const firstTimestamps = new Float64Array(cell.messages);
  let misbound = 0;
  subscriber.on("gap", (gap) => account.gap(gap));
  subscriber.on("message", (message) => {
    if (message.rtpTimestamp !== firstTimestamps[message.value.number]) misbound += 1;
    account.received(message, time.nowMs);
  });
  const carrier =
    cell.schedule === undefined ? new OutboxCarrier(now, cell.keyFrameBytes) : new ScheduleCarrier(cell.schedule);
  const receiver = cell.receiver === "packets" ? new PacketReceiver() : new FrameReceiver();
  const payloader = new H264Payloader();
  const frames = framesBefore + cell.messages * cell.spacing + framesAfter;
  let sequenceNumber = random.uint32() & 0xffff;
  let seiBytes = 0;
  let frame = 0;

  const next = (): void => {
    const picture = accessUnit(frame);
    const rtpTimestamp = Math.round(((picture.timestamp as number) * 9) / 100) >>> 0;
    if (frame >= framesBefore && account.count < cell.messages && (frame - framesBefore) % cell.spacing === 0) {
      const { sample, topic } = account.next(time.nowMs);
      publisher.publish(sample, { topic });
      firstTimestamps[sample.number] = rtpTimestamp;
    }
    const nals = carrier.take({ rtpTimestamp, isKeyFrame: picture.isKeyFrame });
    for (const nal of nals) seiBytes += nal.length;
    const payloads = payloader.payloads(insertSei(picture, nals).nalUnits);
    carrier.commit();
    for (const [index, { payload, marker }] of payloads.entries()) {
      const packet = new RtpPacket(
        new RtpHeader({ sequenceNumber, timestamp: rtpTimestamp, ssrc: 1, marker, payloadType: 96 }),
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      );
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      for (const delayMs of channel.next()) {
        time.at(time.nowMs + index * 0.05 + delayMs, () => receiver.receive(packet, payloads.length));
      }
    }
    frame += 1;
    if (frame < frames) time.at(beginMs + (frame * 1000) / framesPerSecond, next);
  };
  const beginMs = time.nowMs;
  time.run((frames * 1000) / framesPerSecond + 1000, () => {
    subscriber.attach(tapHeartbeats(receiver.feed, (topics) => account.heartbeat(topics, time.nowMs)));
    publisher.attach(carrier);
    next();
  });
  publisher.close();
  subscriber.close();
  return {
    ...account.balance(time.nowMs),
    bytesPerMessage: seiBytes / cell.messages,
    lossRate: channel.lost / channel.sent,
    misbound,
  };
}

/** The outbox of the library on one stream. */
export class OutboxCarrier implements SeiCarrier, LaboratoryOutbox {
  readonly name = "laboratory";
  readonly limits = defaultCarrierLimits;
  readonly #keyFrameBytes: number;
  /** Of the access unit at hand. */
  readonly #limits: { bytesPerAccessUnit: number; readonly bytesPerSecond: number };
  readonly #publishers: CarrierPublishers;
  readonly #stream: CarrierStream;

  constructor(now: () => number, keyFrameBytes: number = defaultCarrierLimits.bytesPerAccessUnit) {
    this.#keyFrameBytes = keyFrameBytes;
    this.#limits = { ...defaultCarrierLimits };
    this.#publishers = new CarrierPublishers(this.#limits, { clock: now });
    this.#stream = this.#publishers.stream("video");
  }

  open(...[events]: Parameters<SeiCarrier["open"]>): ReturnType<SeiCarrier["open"]> {
    return this.#publishers.open(events);
  }

  take(frame: Parameters<LaboratoryOutbox["take"]>[0]): readonly Uint8Array[] {
    this.#limits.bytesPerAccessUnit = frame.isKeyFrame ? this.#keyFrameBytes : this.limits.bytesPerAccessUnit;
    return this.#stream.take(frame);
  }

  commit(): void {
    this.#stream.commit();
  }
}

export interface Receiver {
  readonly feed: SeiFeed;
  receive(packet: RtpPacket, packetsOfFrame: number): void;
}

/** The werift feed on a transceiver that is connected to nothing: packets come from the laboratory. */
export class PacketReceiver implements Receiver {
  readonly feed: SeiFeed;
  readonly #track = new MediaStreamTrack({ kind: "video" });

  constructor() {
    const transceiver = new RTCPeerConnection({ iceServers: [] }).addTransceiver("video", { direction: "recvonly" });
    const feed = weriftFeed(transceiver);
    this.feed = {
      name: feed.name,
      open: (sink) => {
        const opened = feed.open(sink);
        transceiver.onTrack.execute(this.#track, transceiver);
        return opened;
      },
    };
  }

  receive(packet: RtpPacket): void {
    this.#track.onReceiveRtp.execute(packet);
  }
}

/** Reads the SEI of each access unit when its last packet has come. No SEI NAL unit takes more than one packet. */
export class FrameReceiver implements Receiver {
  readonly feed: SeiFeed = {
    name: "frames",
    open: (sink) => {
      this.#sink = sink;
      return { [Symbol.dispose]: () => {} };
    },
  };
  #sink: SeiSink | undefined;
  readonly #frames = new Map<number, Map<number, RtpPacket>>();

  receive(packet: RtpPacket, packetsOfFrame: number): void {
    const { timestamp, sequenceNumber } = packet.header;
    const frame = this.#frames.get(timestamp) ?? new Map<number, RtpPacket>();
    this.#frames.set(timestamp, frame);
    if (this.#frames.size > 30) this.#frames.delete(this.#frames.keys().next().value as number);
    if (frame.has(sequenceNumber)) return;
    frame.set(sequenceNumber, packet);
    if (frame.size < packetsOfFrame) return;
    this.#sink?.accessUnits(1, { stream: "1", rtpTimestamp: timestamp });
    for (const { payload } of frame.values()) {
      forEachSei(payload, (nal) => {
        readUserData(nal, (uuid, bytes) => {
          this.#sink?.userData({ uuid, payload: bytes }, { stream: "1", rtpTimestamp: timestamp });
        });
      });
    }
  }
}
