import { setTimeout as sleep } from "node:timers/promises";
import type { PublishedVideo, VideoRoom } from "@inband/rig/janus/video-room";
import { median, percentile } from "@inband/rig/percentile";
import type { SeparateStage } from "@inband/rig/stage/separate-stage";
import { postOffer } from "../test/interop/post-offer.ts";
import { cpuUsOf } from "./process-cpu.ts";
import {
  type Arm,
  type Arrivals,
  AskedProcess,
  type ReceiversAnswer,
  type ReceiversRequest,
  type SenderAnswer,
  type SenderRequest,
  type Way,
} from "./stage-peers.ts";

/** What one server takes with so many subscribers. */
export interface ServerFigures {
  /** Milliseconds that the last packet of a picture comes later than straight from the sender. */
  readonly latenciesMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** Microseconds of CPU time of the server for one packet to one subscriber, the median of the windows. */
  readonly packetUs: number;
  /** Share of the pictures that came to the subscribers who note them. */
  readonly arrived: number;
}

/** Both servers with so many subscribers. `janus` is measured twice, `again` with turns of its own. */
export interface StageFigures {
  readonly subscribers: number;
  /** Share of real time at which the pictures were sent: below 1 where the machine carries no more. */
  readonly speed: number;
  readonly stage: ServerFigures;
  readonly janus: ServerFigures | undefined;
  readonly again: ServerFigures | undefined;
  /** Of Janus, or why there is none. */
  readonly janusVersion: string;
}

const noJanus = "Janus VideoRoom is unavailable: janus is not installed";

/** One receiver in so many notes what comes. */
const probeEvery = 10;
const rounds = 3;
/** From key frame to key frame. */
const windowMs = 4000;
const settleMs = 500;
/** Share of the pictures that has to come through each server. */
const inTime = 0.98;

/** A stage, and Janus where there is one, with as many subscribers as are asked for, and the sender and the receivers. */
export class StageFanOut implements AsyncDisposable {
  readonly #stage: SeparateStage;
  readonly #janus: VideoRoom | undefined;
  readonly #sender = new AskedProcess<SenderRequest, SenderAnswer>("stage-sender.ts");
  readonly #receivers = new AskedProcess<ReceiversRequest, ReceiversAnswer>("stage-receivers.ts");
  #published: PublishedVideo | undefined;
  #subscribers = 0;
  #nextId = 0;

  constructor(stage: SeparateStage, janus: VideoRoom | undefined) {
    this.#stage = stage;
    this.#janus = janus;
  }

  /** Publishes to the servers, and straight to a receiver beside each. */
  async publish(): Promise<void> {
    const token = (participantId: string) => this.#stage.token(participantId);
    const access = { url: this.#stage.url, token };
    await this.#send("stage", async (sdp) => (await postOffer(access, "/publish/camera", "camera", sdp)).answer);
    await this.#send("stage", (sdp) => this.#answer("beside stage", true, sdp));
    if (!this.#janus) return;
    const janus = this.#janus;
    await this.#send("janus", async (sdp) => {
      this.#published = await janus.publish(sdp);
      return this.#published.answer;
    });
    await this.#send("janus", (sdp) => this.#answer("beside janus", true, sdp));
  }

  async measure(subscribers: number): Promise<StageFigures> {
    for (; this.#subscribers < subscribers; this.#subscribers += 1) await this.#subscribe(this.#subscribers);
    // Behind what starting connections costs.
    await sleep(2000);
    for (let speed = 1; ; speed /= 2) {
      const figures = await this.#measureAt(speed);
      const isInTime = [figures.stage, figures.janus].every((one) => one === undefined || one.arrived >= inTime);
      if (isInTime || speed < 0.3) return figures;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
    await this.#receivers[Symbol.asyncDispose]();
  }

  async #measureAt(speed: number): Promise<StageFigures> {
    const stage = new Windows();
    const janus = new Windows();
    const again = new Windows();
    const turns: [Arm, Windows][] = [["stage", stage]];
    if (this.#janus) turns.push(["janus", janus], ["janus", again]);
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < turns.length; turn += 1) {
        const [arm, windows] = turns[(turn + round) % turns.length] as [Arm, Windows];
        await this.#window(arm, speed, windows);
      }
    }
    return {
      subscribers: this.#subscribers,
      speed,
      janusVersion: this.#janus ? `Janus VideoRoom ${this.#janus.version}` : noJanus,
      stage: stage.figures(),
      ...(this.#janus ? { janus: janus.figures(), again: again.figures() } : { janus: undefined, again: undefined }),
    };
  }

  async #window(arm: Arm, speed: number, windows: Windows): Promise<void> {
    this.#sender.say({ type: "flow", arm, speed });
    await this.#sender.answer("flow");
    await sleep(settleMs);
    await this.#report();
    const before = await this.#cpuUs(arm);
    await sleep(windowMs);
    this.#sender.say({ type: "flow", arm: undefined, speed });
    await this.#sender.answer("flow");
    // What is on its way has come, and been paid for, by then: a picture in flight is not one that was lost.
    await sleep(settleMs);
    const cpuUs = (await this.#cpuUs(arm)) - before;
    const arrivals = await this.#report();
    windows.add(arm, arrivals, cpuUs, this.#subscribers);
  }

  async #cpuUs(arm: Arm): Promise<number> {
    return arm === "stage" ? await this.#stage.cpuUs() : cpuUsOf(this.#janus?.processId ?? 0);
  }

  async #report(): Promise<readonly Arrivals[]> {
    const id = this.#nextId++;
    this.#receivers.say({ type: "report", id });
    return (await this.#receivers.answer("report", id)).arrivals;
  }

  async #send(arm: Arm, answerTo: (sdp: string) => Promise<string>): Promise<void> {
    const id = this.#nextId++;
    this.#sender.say({ type: "offer", id, arm });
    const { sdp } = await this.#sender.answer("offer", id);
    this.#sender.say({ type: "answer", id, sdp: await answerTo(sdp) });
    await this.#sender.answer("connected", id);
  }

  async #subscribe(index: number): Promise<void> {
    const isProbe = index % probeEvery === 0;
    const participantId = `viewer-${index}`;
    const access = { url: this.#stage.url, token: (id: string) => this.#stage.token(id) };
    const id = this.#nextId++;
    this.#receivers.say({ type: "offer", id, way: "stage", isProbe });
    const { sdp } = await this.#receivers.answer("description", id);
    const { answer } = await postOffer(access, "/subscribe/camera", participantId, sdp);
    this.#receivers.say({ type: "accept", id, sdp: answer });
    await this.#published?.subscribe((offered) => this.#answer("janus", isProbe, offered));
  }

  async #answer(way: Way, isProbe: boolean, sdp: string): Promise<string> {
    const id = this.#nextId++;
    this.#receivers.say({ type: "answer", id, way, sdp, isProbe });
    return (await this.#receivers.answer("description", id)).sdp;
  }
}

/** What came in the windows of one server. */
class Windows {
  readonly #latenciesMs: number[] = [];
  readonly #packetUs: number[] = [];
  #arrived = 0;
  #expected = 0;

  add(arm: Arm, arrivals: readonly Arrivals[], cpuUs: number, subscribers: number): void {
    const straight = new Map(arrivals.find(({ way }) => way === `beside ${arm}`)?.pictures);
    const probes = arrivals.filter(({ way }) => way === arm);
    for (const { pictures } of probes) {
      for (const [index, atMs] of pictures) {
        const straightAtMs = straight.get(index);
        if (straightAtMs === undefined) continue;
        this.#latenciesMs.push(atMs - straightAtMs);
        this.#arrived += 1;
      }
    }
    this.#expected += straight.size * probes.length;
    const packets = probes.reduce((sum, { packets }) => sum + packets, 0) / probes.length;
    this.#packetUs.push(cpuUs / (packets * subscribers));
  }

  figures(): ServerFigures {
    const of = (share: number) => percentile(this.#latenciesMs, share);
    return {
      latenciesMs: { p50: of(0.5), p95: of(0.95), p99: of(0.99) },
      packetUs: median(this.#packetUs),
      arrived: this.#arrived / this.#expected,
    };
  }
}
