import { setTimeout as sleep } from "node:timers/promises";
import { median } from "@inband/rig/percentile";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { connectWhip } from "@inband/stage/client";
import { WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { BenchProcess } from "./bench-process.ts";
import type {
  Forwarder,
  ForwardersAnswer,
  ForwardersRequest,
  ViewerAnswer,
  ViewerRequest,
} from "./forwarding-peers.ts";
import { accessUnit, framerate } from "./peers.ts";
import { atMost, type Benchmark, type Outcome, withNoise } from "./row.ts";

const subscriberCounts = [10, 40] as const;

/** 2 Mbit/s, a key frame of 48 KB every 60 pictures. */
const keyFrameBytes = 48_000;
const pictureBytes = 7650;
const keyFrameInterval = 60;
const rounds = 3;
const settleMs = 300;
const windowMs = (1000 * keyFrameInterval) / framerate;

/**
 * One video of 2 Mbit/s through the stage to many subscribers: CPU time of the stage's process for one packet to one
 * subscriber, beside that of a forwarder in the same process that does nothing but hand each packet to werift's senders.
 */
export const forwarding: Benchmark = {
  name: "forwarding",
  async run(): Promise<Outcome> {
    await using forwarders = new Forwarders();
    await forwarders.start();
    const rows: Outcome["rows"][number][] = [];
    for (const count of subscriberCounts) {
      const { stage, bare, again } = await forwarders.measure(count);
      const name = `stage to ${count} subscribers, CPU per packet`;
      rows.push(withNoise(atMost(name, stage, "werift alone: onReceiveRtp and writeRtp", bare, 1.15), again));
    }
    return { rows };
  },
};

/** Both forwarders, with a publisher in this process and receivers in a third one. */
class Forwarders implements AsyncDisposable {
  readonly #process = new BenchProcess<ForwardersRequest, ForwardersAnswer>("forwarding-process.ts");
  readonly #viewers = new BenchProcess<ViewerRequest, ViewerAnswer>("forwarding-viewers.ts");
  readonly #videos = new Map<Forwarder, WeriftVideo>();
  readonly #peers: RTCPeerConnection[] = [];
  #started: Extract<ForwardersAnswer, { type: "started" }> | undefined;
  #subscribers = 0;
  #pictures = 0;

  async start(): Promise<void> {
    this.#started = (await this.#ask({ type: "start" })) as Extract<ForwardersAnswer, { type: "started" }>;
    const { token, places } = this.#started;
    for (const name of ["stage", "bare"] as const) {
      const video = new WeriftVideo();
      const pc = loopbackPeer({}, { audio: true });
      this.#peers.push(pc);
      const connected = video.connect(pc);
      await connectWhip(pc, { url: `${places[name].url}/publish${places[name].participant}`, token });
      await connected;
      this.#videos.set(name, video);
    }
  }

  async measure(subscribers: number): Promise<Record<Forwarder | "again", number>> {
    for (; this.#subscribers < subscribers; this.#subscribers += 1) {
      await this.#view("stage");
      await this.#view("bare");
    }
    const costs = { stage: [] as number[], bare: [] as number[], again: [] as number[] };
    const turns = [
      ["stage", "stage"],
      ["bare", "bare"],
      ["again", "bare"],
    ] as const;
    // The first round warms up.
    for (let round = -1; round < rounds; round += 1) {
      for (let turn = 0; turn < turns.length; turn += 1) {
        const [name, forwarder] = turns[(turn + round + 1) % turns.length] as (typeof turns)[number];
        const cost = await this.#costOf(forwarder);
        if (round >= 0) costs[name].push(cost / subscribers);
      }
    }
    return { stage: median(costs.stage), bare: median(costs.bare), again: median(costs.again) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const video of this.#videos.values()) video.close();
    await Promise.all(this.#peers.map((pc) => pc.close()));
    await this.#viewers[Symbol.asyncDispose]();
    await this.#process[Symbol.asyncDispose]();
  }

  /** CPU time for one packet that comes, in microseconds. */
  async #costOf(forwarder: Forwarder): Promise<number> {
    const timer = setInterval(() => {
      const bytes = this.#pictures % keyFrameInterval === 0 ? keyFrameBytes : pictureBytes;
      this.#videos.get(forwarder)?.write(accessUnit(this.#pictures, bytes));
      this.#pictures += 1;
    }, 1000 / framerate);
    try {
      await sleep(settleMs);
      const before = await this.#usage();
      await sleep(windowMs);
      const after = await this.#usage();
      return (after.cpuUs - before.cpuUs) / (after.packets[forwarder] - before.packets[forwarder]);
    } finally {
      clearInterval(timer);
    }
  }

  async #usage(): Promise<Extract<ForwardersAnswer, { type: "usage" }>> {
    return (await this.#ask({ type: "usage" })) as Extract<ForwardersAnswer, { type: "usage" }>;
  }

  #ask(request: ForwardersRequest): Promise<ForwardersAnswer> {
    this.#process.say(request);
    return this.#process.next();
  }

  async #view(forwarder: Forwarder): Promise<void> {
    if (!this.#started) throw new Error("forwarding: start first");
    const { token, places } = this.#started;
    const { url, participant } = places[forwarder];
    this.#viewers.say({ url: `${url}/subscribe${participant}`, token });
    const { error } = await this.#viewers.next();
    if (error !== undefined) throw new Error(`forwarding, ${forwarder}: ${error}`);
  }
}
