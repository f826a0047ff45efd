/**
 * A page that joins a stage by the Amazon IVS Web Broadcast SDK, as `page.ts` does, and sends and reads its messages by
 * `@inband/ivs`.
 */
import { ivsCarrier, ivsFeed } from "@inband/ivs";
import { type PublishOptions, type Receipt, SeiPublisher } from "@inband/publisher";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { ivs } from "@inband/wire";
import { hooks } from "./page.ts";

declare global {
  /** Before `joinStage`: whether messages are envelopes. */
  var useMessages: (envelope: boolean) => void;
  /** Text goes as its bytes where messages are no envelopes. */
  var publish: (value: unknown, options?: PublishOptions) => Promise<Receipt>;
  var loseMessages: (isLosing: boolean) => void;
  var receivedMessages: () => readonly ReceivedValue[];
  var toldOfMessages: () => readonly string[];
  var refusals: () => readonly string[];
  var receivedFrames: () => number;
}

/** A message as the page was given it; text for bytes. */
export interface ReceivedValue {
  readonly participant: string;
  readonly value: unknown;
}

const received: ReceivedMessage[] = [];
const told: string[] = [];
const refused: string[] = [];
let isLosing = false;
let isEnvelope = false;
let publisher: SeiPublisher;
let subscriber: SeiSubscriber;

/** The SDK hands its messages to a worker: what a lossy network does to them is done here, where it is certain. */
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (this: Worker, message: { operation?: string }, ...rest: unknown[]) {
  if (isLosing && message?.operation === "insertSei") return;
  postMessage.apply(this, [message, ...rest] as never);
};

/** All that the SDK does where it refuses a message. */
const { warn } = console;
console.warn = (...parts) => {
  const text = parts.join(" ");
  if (text.includes("insert SEI")) refused.push(text);
  warn(...parts);
};

globalThis.useMessages = (envelope) => {
  isEnvelope = envelope;
  const profile = ivs({ envelope });
  publisher = new SeiPublisher({ profile });
  publisher.on("error", (error) => told.push(`error ${(error as { code?: string }).code}`));
  publisher.on("stalled", () => told.push("stalled"));
  subscriber = new SeiSubscriber({ profiles: [profile] });
  subscriber.on("message", (message) => received.push(message));
  subscriber.on("gap", ({ feed, missing }) => told.push(`gap ${feed} ${missing}`));
  subscriber.on("ended", ({ feed, reason }) => told.push(`ended ${feed} ${reason}`));
  subscriber.on("error", ({ message }) => told.push(`error ${message}`));
  hooks.stage = (stage) => void subscriber.attach(ivsFeed(stage));
  hooks.video = (video) => void publisher.attach(ivsCarrier(video));
};

globalThis.publish = (value, options) =>
  publisher.publish(isEnvelope ? value : new TextEncoder().encode(String(value)), options).sent;
globalThis.loseMessages = (next) => {
  isLosing = next;
};
globalThis.receivedMessages = () =>
  received.map(({ feed: participant, value }) => ({
    participant,
    value: value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  }));
globalThis.toldOfMessages = () => told;
globalThis.refusals = () => refused;
globalThis.receivedFrames = () => subscriber.stats().accessUnits;
