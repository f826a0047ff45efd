/**
 * The sender of a fan-out, in a process of its own, which node-datachannel never lets end by itself; its receivers are in
 * a third one. Measures each number of subscribers that it is asked for; ends when the bench disconnects.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessUnit } from "@inband/h264";
import { cpuPerPacket, type Load } from "./cpu.ts";
import { type FanOutFigures, type FanOutReply, Receivers } from "./fan-out-peers.ts";
import { type FanOutSender, NodeDataChannelFanOut, WeriftFanOut } from "./fan-out-senders.ts";
import { accessUnit, framerate } from "./peers.ts";

/** 2 Mbit/s with a key frame every 60 pictures: as 720p comes from an encoder. */
const keyFrameBytes = 48_000;
const pictureBytes = 7650;
const keyFrameInterval = 60;
const rounds = 3;
/** From key frame to key frame: a shorter window has one or has none, and packets of a key frame cost less each. */
const windowMs = (1000 * keyFrameInterval) / framerate;
/** Share of the pictures that has to leave in time. */
const inTime = 0.97;

const [, , carrier] = process.argv;
const sender: FanOutSender = carrier === "werift" ? new WeriftFanOut() : new NodeDataChannelFanOut();
const receivers = new Receivers();
let subscribers = 0;
let pictures = 0;

process.on("message", async (wanted: number) => {
  let reply: FanOutReply;
  try {
    reply = await measure(wanted);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(reply);
});
process.once("disconnect", async () => {
  await sender[Symbol.asyncDispose]();
  await receivers[Symbol.asyncDispose]();
  process.exit();
});

async function measure(wanted: number): Promise<FanOutFigures> {
  for (; subscribers < wanted; subscribers += 1) await sender.connect(receivers);
  // Behind what starting a connection costs.
  await sleep(1000);
  const speed = await highestSpeed();
  const from = pictures;
  const packetsBefore = sender.packets();
  const before = await receivers.counts(from);
  const ours = new Stream(speed, (unit, index) => sender.write(unit, index));
  const plain = new Stream(speed, (unit) => sender.writePlain(unit));
  const cost = await cpuPerPacket({ ours, plain }, rounds, windowMs / speed);
  await sleep(500);
  const packets = sender.packets() - packetsBefore;
  for (const [index, count] of (await receivers.counts(from)).entries()) {
    const came = count.packets - (before[index]?.packets ?? 0);
    const missing = ours.pictures - count.messages;
    if (missing > 0) throw new Error(`${missing} of ${ours.pictures} messages did not reach a subscriber`);
    if (came < 0.99 * packets) throw new Error(`${packets - came} of ${packets} packets did not reach a subscriber`);
  }
  return {
    subscribers,
    speed,
    packet: { ours: cost.ours, plain: cost.plain, again: cost.again },
    second: { ours: cost.ours * ours.packetsPerSecond(), plain: cost.plain * plain.packetsPerSecond() },
  };
}

/** The share of real time at which this machine sends the pictures in time: 1, or the half of it, or a quarter ... */
async function highestSpeed(): Promise<number> {
  for (let speed = 1; speed > 0.1; speed /= 2) {
    const trial = new Stream(speed, (unit) => sender.writePlain(unit));
    const startedAt = performance.now();
    trial.start();
    await sleep(1500);
    trial.stop();
    const due = ((performance.now() - startedAt) / 1000) * framerate * speed;
    if (trial.pictures >= inTime * Math.floor(due)) return speed;
  }
  throw new Error(`This machine does not carry ${subscribers} subscribers`);
}

/** The pictures of the stream, written in time. */
class Stream implements Load {
  readonly #speed: number;
  readonly #write: (unit: AccessUnit, index: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #packets = 0;
  #packetsAtStart = 0;
  pictures = 0;

  constructor(speed: number, write: (unit: AccessUnit, index: number) => void) {
    this.#speed = speed;
    this.#write = write;
  }

  start(): void {
    this.#packetsAtStart = sender.packets();
    this.#timer = setInterval(() => this.#next(), 1000 / (framerate * this.#speed));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#packets += sender.packets() - this.#packetsAtStart;
  }

  packets(): number {
    return sender.packets() * subscribers;
  }

  /** Packets to all subscribers in a second of video. */
  packetsPerSecond(): number {
    return (this.#packets * subscribers * framerate) / this.pictures;
  }

  #next(): void {
    this.#write(accessUnit(pictures, pictures % keyFrameInterval === 0 ? keyFrameBytes : pictureBytes), pictures);
    this.pictures += 1;
    pictures += 1;
  }
}
