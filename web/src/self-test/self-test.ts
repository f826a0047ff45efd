import { joinStage, type PageMembership } from "@inband/browser/whip";
import { SeiPublisher } from "@inband/publisher";
import { SeiSubscriber } from "@inband/subscriber";
import { element } from "../element.ts";
import { abilities } from "./abilities.ts";
import { NumberedCanvas } from "./numbered-canvas.ts";
import { isNumberedMessage, PathTally } from "./path-tally.ts";
import { awkwardPayloads } from "./payloads.ts";
import type { PathName, Row } from "./row.ts";
import { type Run, sendRow, speak, startRun } from "./server.ts";
import { ShownFrames } from "./shown-frames.ts";

const messages = 50;
const everyMs = 100;
/** ICE, DTLS and the first key frame take seconds on a phone. */
const connectedWithinMs = 60_000;
/** A device that hardly gets to encoding delivers late, and is not to be told that it loses. */
const patienceMs = 30_000;
/** Copies ride on the next key frames: what has not come by then does not come. */
const idleMs = 10_000;
/**
 * Pictures between the one that a message was published with and the one that it rides on: none for Node, which knows
 * what it encodes; what a browser captures and encodes is up to half a second old.
 */
const tolerance: Readonly<Record<PathName, number>> = { fromPage: 15, fromNode: 0 };

/** Runs the test once; `show` is called with what is known, again and again. Resolves to the row, which was sent. */
export async function runSelfTest(show: (row: Row, progress: number) => void): Promise<Row> {
  const able = await abilities();
  const payloads = awkwardPayloads(messages);
  const tallies = { fromPage: tallyOf("fromPage", payloads), fromNode: tallyOf("fromNode", payloads) };
  const row = (): Row => ({
    userAgent: navigator.userAgent,
    abilities: able,
    fromPage: tallies.fromPage.figures(),
    fromNode: tallies.fromNode.figures(),
  });
  const progress = (): number => (tallies.fromPage.received + tallies.fromNode.received) / (2 * messages);
  show(row(), 0);
  const run = await startRun();
  const painting = setInterval(() => show(row(), progress()), everyMs);
  const canvas = new NumberedCanvas();
  const publisher = new SeiPublisher({ logger: console, expiresAfterMs: patienceMs });
  publisher.on("error", ({ message }) => {
    tallies.fromPage.problem ??= message;
  });
  let published: PageMembership | undefined;
  let receiving: PageMembership | undefined;
  try {
    published = await publish(run, canvas, publisher, tallies.fromPage);
    receiving = await receive(run, tallies, published !== undefined);
    await speak(run, payloads);
    tallies.fromNode.sent = messages;
    for (const [n, data] of payloads.entries()) {
      if (!published) break;
      publisher.publish({ n, picture: canvas.number, data });
      tallies.fromPage.sent += 1;
      await pause(everyMs);
    }
    await arrival(() => tallies.fromPage.received + tallies.fromNode.received, (published ? 2 : 1) * messages);
    const result = row();
    await sendRow(run, result);
    show(result, 1);
    return result;
  } finally {
    clearInterval(painting);
    for (const tally of Object.values(tallies)) tally.freeze();
    await Promise.all([published?.leave(), receiving?.leave()]);
    publisher.close();
    canvas.close();
  }
}

function tallyOf(name: PathName, payloads: readonly Uint8Array[]): PathTally {
  return new PathTally(payloads, new ShownFrames(element<HTMLVideoElement>(`${name}-video`)), tolerance[name]);
}

async function publish(
  { publishToken }: Run,
  canvas: NumberedCanvas,
  publisher: SeiPublisher,
  tally: PathTally,
): Promise<PageMembership | undefined> {
  try {
    const signal = AbortSignal.timeout(connectedWithinMs);
    return await joinStage({ token: publishToken, publish: { media: canvas.stream, publishers: publisher }, signal });
  } catch (error) {
    tally.problem = (error as Error).message;
    return undefined;
  }
}

/** Receives the page itself and Node; resolves when their videos play, or when that takes too long. */
async function receive(
  { subscribeToken, page, node }: Run,
  tallies: Readonly<Record<PathName, PathTally>>,
  isPublishing: boolean,
): Promise<PageMembership | undefined> {
  const names = new Map<string, PathName>([[node, "fromNode"]]);
  if (isPublishing) names.set(page, "fromPage");
  const subscribers = new Map([...names].map(([name, path]) => [name, subscriberOf(tallies[path])]));
  const joining = joinStage({
    token: subscribeToken,
    signal: AbortSignal.timeout(connectedWithinMs),
    subscribe: {
      attach: (feed, { group }) => (subscribers.get(group) as SeiSubscriber).attach(feed, { group }),
    },
    shouldSubscribe: ({ participantId }) => names.has(participantId),
    onTrack({ participantId, track, stream }) {
      const name = names.get(participantId);
      if (!name || track.kind !== "video") return;
      const video = element<HTMLVideoElement>(`${name}-video`);
      video.srcObject = stream;
      void video.play().catch(() => undefined);
    },
  });
  const stage = await joining.catch((error: Error) => {
    for (const name of names.values()) tallies[name].problem ??= error.message;
  });
  if (!stage) return undefined;
  const waiting = new Set([...names.keys()].map((name) => `subscribe ${name}`));
  stage.on("connected", (what) => void waiting.delete(what));
  const deadline = performance.now() + connectedWithinMs;
  const plays = (name: PathName): boolean => tallies[name].figures().framesDecoded > 0;
  while (performance.now() < deadline) {
    if (waiting.size === 0 && (stage.noVideo || [...names.values()].every(plays))) break;
    await pause(everyMs);
  }
  for (const name of names.values()) {
    if (stage.noVideo) tallies[name].problem ??= stage.noVideo.message;
  }
  return stage;
}

/** One for each way, so that what goes wrong is told of the right one. */
function subscriberOf(tally: PathTally): SeiSubscriber {
  const subscriber = new SeiSubscriber({ logger: console });
  subscriber.on("message", ({ value, rtpTimestamp }) => {
    if (isNumberedMessage(value)) tally.add(value, rtpTimestamp);
  });
  subscriber.on("error", ({ message }) => {
    tally.problem ??= message;
  });
  return subscriber;
}

/** Resolves when `count` has reached `all`, or has stood for a while. */
async function arrival(count: () => number, all: number): Promise<void> {
  let last = count();
  for (let idleSince = performance.now(); last < all && performance.now() - idleSince < idleMs; ) {
    await pause(everyMs);
    if (count() > last) idleSince = performance.now();
    last = count();
  }
  // The frame of the last message is still to be shown.
  await pause(1000);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
