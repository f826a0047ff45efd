import { buildUserDataSei, escapeRbsp, lintRtp, nalUnitType } from "@inband/h264";
import {
  type DepayloadedAccessUnit,
  H264Depayloader,
  H264Payloader,
  type H264RtpPacket,
  RtpReorder,
} from "@inband/h264/rtp";
import { nodeDataChannelFeed } from "@inband/node-datachannel";
import { concat } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";
import { SeiSubscriber } from "@inband/subscriber";
import { createMessageId, encodeEnvelope, encodeValue, inband } from "@inband/wire";
import { Input } from "../input.ts";
import { ManualClock } from "../manual-clock.ts";
import { holds, type Target } from "../target.ts";

/** By how much numbering may jump: around MAX_MISORDER and MAX_DROPOUT of RFC 3550 A.1, and far. */
const sequenceJumps = [
  ...[1, 2, 50, 99, 100, 101, 2999, 3000, 3001, 10_000, 32_767, 32_768],
  ...[-1, -2, -50, -98, -99, -100, -101, -102, -3000, -30_000],
] as const;
/** Ticks of 90 kHz: a frame, a B-frame, seconds, 7 hours, half of the range, and back. */
const timestampJumps = [
  ...[3000, 3000, 3000, 6000, 900_000, 0x7fff_ffff, 0x8000_0001],
  ...[-4500, -900_000, 2_268_000_000],
] as const;
/** So many packets behind a restart all come out: 99 may look late (MAX_MISORDER), and one waits for the next to confirm. */
const packetsUntilRecovery = 101;
/** Time may go back by a B-frame, which is less than so many pictures take. */
const picturesOfJoin = 5;
/** Packets arrive at most so late, less than what looks like a restart. */
const mostLatePackets = 40;

const markerModes = ["right", "for each NAL unit", "never"] as const;

interface SentPicture {
  readonly nalUnits: readonly Uint8Array[];
  /**
   * Numbering goes back by less than MAX_MISORDER behind it or before it: what comes is taken for packets that came late
   * until numbers have caught up, and nobody can tell what is missing in between.
   */
  isAmbiguous: boolean;
  readonly hasMessage: boolean;
  readonly packets: number;
}

/** Packets of one sender in the order of their arrival, `undefined` where a pause lets all waiting end. */
interface Session {
  readonly pictures: readonly SentPicture[];
  readonly arriving: readonly (SentPacket | undefined)[];
  /** The first picture that must come out whole, however numbering jumped before. */
  readonly recovered: number;
  readonly markers: (typeof markerModes)[number];
}

interface SentPacket extends H264RtpPacket {
  readonly picture: number;
  readonly id: number;
}

/**
 * One sender that begins anew now and then: 2 bytes of options, then for each picture 4 bytes: what jumps and by how much,
 * what the network does, and how large it is. Behind them stands a last restart, and a time without trouble.
 */
export const rtpRestartsTarget: Target = {
  name: "rtp-restarts",
  make(random) {
    const parts: number[][] = [[random.integer(0, 255), random.integer(0, 255)]];
    for (let count = random.length(60); count > 0; count -= 1) {
      const event = random.oneIn(5) ? random.integer(1, 3) : 0;
      parts.push([event, random.integer(0, 255), random.oneIn(2) ? 0 : random.integer(1, 255), random.integer(0, 255)]);
    }
    return concat(parts);
  },
  check(bytes) {
    const session = sessionOf(new Input(bytes));
    checkReordered(session);
    checkInOrder(session);
    checkMessages(session);
    lintRtp(session.arriving.filter((packet) => packet !== undefined));
  },
};

function sessionOf(input: Input): Session {
  const options = input.uint8();
  const markers = markerModes[options % 3] as Session["markers"];
  const lastJump = input.uint8();
  const payloader = new H264Payloader({ maxPayloadBytes: options & 64 ? 1170 : 200 });
  const pictures: SentPicture[] = [];
  const arriving: (SentPacket | undefined)[] = [];
  let late: { packet: SentPacket; at: number }[] = [];
  let sequenceNumber = 65_500;
  let rtpTimestamp = 0;
  const timestamps = new Set<number>();
  let ids = 0;
  /** Packets until numbers are new again. */
  let ambiguous = 0;
  /** Packets lost since the last one that arrives: who receives does not know of their numbers. */
  let lostAtEnd = 0;
  const deliverLate = (before: number): void => {
    for (const { packet } of late.filter(({ at }) => at <= before).sort((a, b) => a.at - b.at)) arriving.push(packet);
    late = late.filter(({ at }) => at > before);
  };
  /** A picture is known by its timestamp. */
  const moveTime = (ticks: number): void => {
    rtpTimestamp = (rtpTimestamp + ticks) >>> 0;
    while (timestamps.has(rtpTimestamp)) rtpTimestamp = (rtpTimestamp + 1) >>> 0;
    timestamps.add(rtpTimestamp);
  };
  const restart = (jump: number): void => {
    deliverLate(Number.POSITIVE_INFINITY);
    arriving.push(undefined);
    sequenceNumber = (sequenceNumber + jump) & 0xffff;
    const isBack = jump < 0 && jump >= -(packetsUntilRecovery + lostAtEnd);
    // A second restart within the numbers of the first leaves them ambiguous.
    if (isBack) ambiguous = packetsUntilRecovery + lostAtEnd;
    else if (Math.abs(jump) > packetsUntilRecovery) ambiguous = 0;
    for (let at = pictures.length - 1, packets = 0; isBack && at >= 0 && packets < packetsUntilRecovery; at -= 1) {
      const picture = pictures[at] as SentPicture;
      picture.isAmbiguous = true;
      packets += picture.packets;
    }
  };
  const send = (size: number, network: Random | undefined): void => {
    const number = pictures.length;
    const nalUnits = pictureOf(number, size);
    const payloads =
      markers === "for each NAL unit"
        ? nalUnits.flatMap((nal) => payloader.payloads([nal]))
        : payloader.payloads(nalUnits);
    const hasMessage = nalUnitType(nalUnits[0] as Uint8Array) === 6;
    pictures.push({ nalUnits, isAmbiguous: ambiguous > 0, hasMessage, packets: payloads.length });
    for (const { payload, marker } of payloads) {
      const isMarked = markers !== "never" && marker;
      const packet = { payload, sequenceNumber, rtpTimestamp, marker: isMarked, picture: number, id: ids };
      ids += 1;
      ambiguous -= 1;
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      deliverLate(ids);
      const fate = network?.integer(0, 9) ?? 9;
      lostAtEnd = fate === 0 ? lostAtEnd + 1 : 0;
      if (fate === 0) continue;
      if (fate > 1) arriving.push(packet);
      if (fate < 4) late.push({ packet, at: ids + (network?.integer(1, mostLatePackets) ?? 0) });
    }
  };
  while (!input.isAtEnd && pictures.length < 200) {
    const event = input.uint8() & 3;
    const jump = input.uint8();
    const network = input.uint8();
    if (pictures.length > 0 && event & 1) restart(sequenceJumps[jump % sequenceJumps.length] as number);
    moveTime(event & 2 ? (timestampJumps[jump % timestampJumps.length] as number) : 3000);
    send(input.uint8(), network === 0 ? undefined : new Random(network + 256 * pictures.length));
  }
  const recoveredId = ids + packetsUntilRecovery + lostAtEnd;
  restart(sequenceJumps[lastJump % sequenceJumps.length] as number);
  while (ids < recoveredId) {
    moveTime(3000);
    send(0, undefined);
  }
  // Nothing says that another packet was before the first one that comes.
  for (const picture of pictures.slice(0, 1 + (arriving[0]?.picture ?? 0))) picture.isAmbiguous = true;
  const recovered = pictures.length;
  for (let count = 0; count < 20; count += 1) {
    moveTime(3000);
    send(0, undefined);
  }
  return { pictures, arriving, recovered, markers };
}

/** SEI with a message, or none, and one to four slices, each NAL unit like no other. */
function pictureOf(number: number, size: number): Uint8Array[] {
  const header = number % 8 === 0 ? 0x65 : 0x41;
  const slices = Array.from({ length: 1 + (size & 3) }, (_, index) => {
    const bytes = new Uint8Array(8 + (index === 0 ? (size >> 4) * 100 : size >> 2)).fill(0xaa);
    // first_mb_in_slice is 0, or 1 and more.
    bytes.set([header, index === 0 ? 0x88 : 0x48, 0x10 | index, 0x10 | (number >> 8), number & 255, 0x55]);
    return escapeRbsp(bytes);
  });
  if (size & 4) return slices;
  const payload = envelope(number, size & 8 ? 300 : 4);
  return [buildUserDataSei({ uuid: inband().uuid, payload }), ...slices];
}

function envelope(number: number, bodyBytes: number): Uint8Array {
  const random = (bytes: Uint8Array) => new DataView(bytes.fill(1).buffer).setUint32(12, number);
  return encodeEnvelope({
    id: createMessageId({ nowMs: 1000, random }),
    source: 7,
    sequence: number,
    topic: "chat",
    flags: 0,
    age: 0,
    index: 0,
    count: 1,
    body: Uint8Array.from(encodeValue(`${number}`.padEnd(bodyBytes, "."))),
  }).payload;
}

/** What is known of the NAL units that come out. */
class Output {
  readonly #session: Session;
  readonly #places = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly whole = new Set<number>();

  constructor(session: Session) {
    this.#session = session;
    for (const [number, { nalUnits }] of session.pictures.entries()) {
      for (const nal of nalUnits) this.#places.set(key(nal), number);
    }
  }

  take({ nalUnits, isComplete, isKeyFrame }: DepayloadedAccessUnit): void {
    holds(nalUnits.length > 0, "an empty access unit");
    const numbers = new Set<number>();
    for (const nal of nalUnits) {
      const number = this.#places.get(key(nal));
      holds(number !== undefined, "a NAL unit that nobody sent");
      holds(!this.#seen.has(key(nal)), "a NAL unit came twice");
      this.#seen.add(key(nal));
      numbers.add(number);
    }
    holds(numbers.size === 1, "NAL units of several pictures in one access unit");
    holds(isKeyFrame === nalUnits.some((nal) => nalUnitType(nal) === 5), "isKeyFrame");
    const [number = 0] = numbers;
    const picture = this.#session.pictures[number] as SentPicture;
    const isWhole = nalUnits.length === picture.nalUnits.length;
    if (isWhole) this.whole.add(number);
    // Until a picture has gone on behind a marker, nothing says that markers are wrong.
    if (!isComplete || picture.isAmbiguous || this.#session.markers === "for each NAL unit") return;
    holds(isWhole, "an access unit that lacks NAL units is said to be complete");
  }

  end(): void {
    const { pictures, recovered } = this.#session;
    for (let number = recovered; number < pictures.length; number += 1) {
      holds(this.whole.has(number), "a picture long after a restart is missing");
    }
  }
}

function key(nal: Uint8Array): string {
  return Buffer.from(nal.buffer, nal.byteOffset, nal.length).toString("latin1");
}

function checkReordered(session: Session): void {
  const output = new Output(session);
  const reorder = new RtpReorder<H264RtpPacket>();
  const depayloader = new H264Depayloader();
  let nowMs = 0;
  let released = 0;
  let last = -1;
  const release = (packet: H264RtpPacket, extended: number): void => {
    holds(extended > last, "released out of order");
    last = extended;
    released += 1;
    for (const unit of depayloader.push({ ...packet, sequenceNumber: extended })) output.take(unit);
  };
  let pushed = 0;
  for (const packet of session.arriving) {
    nowMs += packet === undefined ? 1000 : 1;
    if (packet === undefined) reorder.flush(nowMs, release);
    else {
      pushed += 1;
      reorder.push(packet, packet.sequenceNumber, nowMs, release);
    }
    const { received, duplicates, late } = reorder.stats();
    holds(received === pushed, "received");
    holds(received - duplicates - late - released <= 128, "more packets wait than may");
  }
  reorder.end(release);
  const left = depayloader.flush();
  if (left !== undefined) output.take(left);
  const { received, duplicates, late } = reorder.stats();
  holds(released + duplicates + late === received, "a packet is neither released nor counted");
  holds(depayloader.stats().packets === released, "packets of the depayloader");
  output.end();
}

/** The depayloader alone, which leaves out what comes late. */
function checkInOrder(session: Session): void {
  const output = new Output(session);
  const depayloader = new H264Depayloader();
  let pushed = 0;
  for (const packet of session.arriving) {
    if (packet === undefined) continue;
    pushed += 1;
    for (const unit of depayloader.push(packet)) output.take(unit);
  }
  const left = depayloader.flush();
  if (left !== undefined) output.take(left);
  holds(depayloader.stats().packets === pushed, "packets of the depayloader");
  output.end();
}

/** A subscriber hears every message whose packets came, once, in whatever order, and counts the pictures. */
function checkMessages({ pictures, arriving }: Session): void {
  using clock = new ManualClock(1000);
  const subscriber = new SeiSubscriber({ logger: false });
  let receive: (packet: Buffer) => void = () => undefined;
  const track = {
    type: () => "video",
    requestKeyframe: () => true,
    onMessage: (call: typeof receive) => (receive = call),
  };
  const heard = new Set<number>();
  subscriber.on("message", ({ value }) => {
    const number = Number.parseInt(String(value), 10);
    holds(pictures[number]?.hasMessage === true, "a message that nobody sent");
    holds(!heard.has(number), "a message came twice");
    heard.add(number);
  });
  subscriber.on("error", (error) => {
    throw error;
  });
  subscriber.on("gap", () => undefined);
  try {
    subscriber.attach(nodeDataChannelFeed(track as unknown as Parameters<typeof nodeDataChannelFeed>[0]));
    const came = new Map<number, number>();
    const ids = new Set<number>();
    for (const packet of arriving) {
      if (packet === undefined) continue;
      clock.nowMs += 40;
      receive(rtp(packet));
      if (!ids.has(packet.id)) came.set(packet.picture, (came.get(packet.picture) ?? 0) + 1);
      ids.add(packet.id);
    }
    holds(subscriber.stats().accessUnits === came.size, "the number of pictures of which something came");
    // What is older than the first that is heard was before the viewer joined, by number or by the time of its picture.
    const [first = 0] = heard;
    for (const [number, { hasMessage, packets }] of pictures.entries()) {
      const isHeard = heard.has(number);
      if (number > first + picturesOfJoin && came.get(number) === packets)
        holds(isHeard === hasMessage, "a message whose packets came was not heard");
      else holds(!isHeard || came.has(number), "a message was heard of which nothing came");
    }
  } finally {
    subscriber.close();
  }
}

function rtp({ payload, sequenceNumber, rtpTimestamp, marker }: H264RtpPacket): Buffer {
  const packet = Buffer.alloc(12 + payload.length);
  packet.set([0x80, 96 | (marker ? 0x80 : 0)]);
  packet.writeUInt16BE(sequenceNumber, 2);
  packet.writeUInt32BE(rtpTimestamp, 4);
  packet.writeUInt32BE(9, 8);
  packet.set(payload, 12);
  return packet;
}
