import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@inband/rig/random";
import { SeparateStage, type StageReport } from "@inband/rig/stage/separate-stage";
import { type FloodResult, flood } from "./flood.ts";
import {
  joinOn,
  offerOn,
  type PublishingVisitor,
  publishOn,
  type ReceivingVisitor,
  receiveOn,
  type Visitor,
} from "./visitors.ts";

/** What comes and goes. */
export interface ChaosOptions {
  /** Joins, leaves and vanishings in a round. */
  readonly operations: number;
  readonly rounds: number;
  readonly seed: number;
  /** Pauses between them, in milliseconds at most. */
  readonly pauseMs: number;
  /** Whether each round ends only when everybody who vanished is forgotten, which takes the 30 seconds of ICE. */
  readonly waits: boolean;
  /** Requests that a stranger sends at once behind the last round. */
  readonly requests: number;
  readonly progress?: (line: string) => void;
}

/** What came of it. */
export interface ChaosResult {
  readonly counts: Readonly<Record<string, number>>;
  /** What the stage held with nobody but the steady ones, before the first round and after each. */
  readonly reports: readonly StageReport[];
  /** What holds the process of the stage after it was closed and did not when it had just begun. */
  readonly left: readonly string[];
  readonly published: number;
  /** For each steady subscriber: messages that did not come, and those that came twice. */
  readonly steady: readonly { readonly lost: number; readonly twice: number }[];
  /** What the stranger was answered. */
  readonly flood: FloodResult;
  /** Operations that failed, and why. */
  readonly errors: readonly string[];
}

const steadySubscribers = 3;
const messageEveryMs = 100;
/** Copies on key frames come for five seconds. */
const tailMs = 6000;
/** ICE consent, and what comes behind it. */
const forgottenWithinMs = 90_000;

/** Joins, leaves and vanishings in random order, while messages flow from one publisher to subscribers who stay. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { operations, rounds, seed, pauseMs, waits, progress } = options;
  await using stage = await SeparateStage.start({ maxPublishers: 20, maxSubscriptions: 200 });
  const atStart = await stage.report();
  const main = await publishOn(stage, "main");
  const steady: ReceivingVisitor[] = [];
  for (let count = 0; count < steadySubscribers; count++)
    steady.push(await receiveOn(stage, `steady-${count}`, "main"));
  let published = 0;
  const flow = setInterval(() => main.publisher.publish(published++), messageEveryMs);
  const crowd = new Crowd(stage, seed);
  await sleep(1000);
  const reports = [await stage.report()];
  for (let round = 1; round <= rounds; round++) {
    for (let count = 0; count < operations; count++) {
      await crowd.act();
      await sleep(crowd.random.fraction() * pauseMs);
    }
    await crowd.leave();
    const report = await (waits ? settled(stage, reports[0] as StageReport) : stage.report());
    reports.push(report);
    progress?.(`round ${round}: ${describe(report)}`);
  }
  const flooded = await flood(stage.url, options.requests);
  clearInterval(flow);
  const isWhole = () => steady.every(({ numbers }) => new Set(numbers).size === published);
  for (let waitedMs = 0; waitedMs < tailMs && !isWhole(); waitedMs += 100) await sleep(100);
  const balances = steady.map(({ numbers }) => {
    const different = new Set(numbers).size;
    return { lost: published - different, twice: numbers.length - different };
  });
  for (const visitor of [...steady, main]) await visitor.leave();
  const closed = await stage.close();
  return {
    counts: crowd.counts,
    flood: flooded,
    reports,
    left: more(closed, atStart),
    published,
    steady: balances,
    errors: crowd.errors,
  };
}

/** Those who come and go. */
class Crowd {
  readonly random: Random;
  readonly counts: Record<string, number> = {};
  readonly errors: string[] = [];
  readonly #stage: SeparateStage;
  readonly #publishers: PublishingVisitor[] = [];
  readonly #others: Visitor[] = [];
  #serial = 0;

  constructor(stage: SeparateStage, seed: number) {
    this.#stage = stage;
    this.random = new Random(seed);
  }

  /** Somebody comes, goes or vanishes. */
  async act(): Promise<void> {
    const choice = this.random.fraction();
    const participantId = `visitor-${this.#serial++}`;
    const target = this.random.oneIn(3) ? this.#publishers.at(-1)?.participantId : undefined;
    if (choice < 0.3) {
      await this.#count("receives", async () => {
        this.#others.push(await receiveOn(this.#stage, participantId, target ?? "main"));
      });
    } else if (choice < 0.42) {
      await this.#count("publishes", async () => {
        const visitor = await publishOn(this.#stage, participantId);
        visitor.publisher.publish(0);
        this.#publishers.push(visitor);
      });
    } else if (choice < 0.52) {
      await this.#count("joins", async () => void this.#others.push(await joinOn(this.#stage, participantId)));
    } else if (choice < 0.6) await this.#count("offers alone", () => offerOn(this.#stage, participantId));
    else {
      const visitor = this.#pick();
      if (!visitor) return;
      const how = this.random.oneIn(2) ? "leave" : "vanish";
      await this.#count(`${how}s`, () => visitor[how]());
    }
  }

  /** Everybody who is there goes, one in two without a word. */
  async leave(): Promise<void> {
    for (let visitor = this.#pick(); visitor; visitor = this.#pick()) {
      await (this.random.oneIn(2) ? visitor.leave() : visitor.vanish());
    }
  }

  #pick(): Visitor | undefined {
    const all = [this.#publishers, this.#others].filter(({ length }) => length > 0);
    if (all.length === 0) return undefined;
    const from = this.random.pick(all);
    return from.splice(this.random.integer(0, from.length - 1), 1)[0];
  }

  async #count(what: string, act: () => Promise<unknown>): Promise<void> {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    try {
      await act();
    } catch (error) {
      this.errors.push(`${what}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** The report of a stage that holds no more than before, or the last one where it does not come to that. */
async function settled(stage: SeparateStage, before: StageReport): Promise<StageReport> {
  for (const deadline = performance.now() + forgottenWithinMs; ; await sleep(1000)) {
    const report = await stage.report();
    const isAsBefore = more(report, before).length === 0 && report.participants.length === before.participants.length;
    if (isAsBefore || performance.now() > deadline) return report;
  }
}

/** What holds the process more than before, by kind. */
export function more({ resources }: StageReport, before: StageReport): string[] {
  return Object.entries(resources).flatMap(([kind, count]) => {
    const added = count - (before.resources[kind] ?? 0);
    return added > 0 ? [`${added} ${kind}`] : [];
  });
}

function describe({ participants, memory }: StageReport): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const { residentBytes, heapBytes, committedHeapBytes, bufferBytes, externalBytes } = memory;
  return `${participants.length} participants, resident ${mebibytes(residentBytes)} MiB, heap ${mebibytes(heapBytes)} of ${mebibytes(committedHeapBytes)}, buffers ${mebibytes(bufferBytes)}, external ${mebibytes(externalBytes)}`;
}
