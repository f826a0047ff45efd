import { randomUUID } from "node:crypto";
import type { Stage } from "@inband/stage/server";
import { publishSpeakingVideo, type SpeakingVideo } from "./speaking-video.ts";

/** A video is encoded for each run, so that not many can be at once. */
const maxRuns = 4;
/** A page that takes longer has gone. */
const maxRunMs = 240_000;
const tokenSeconds = 300;

/** What a page needs for a run. */
export interface StartedRun {
  readonly runId: string;
  /** Publishes, by `joinStage`, as the participant `page`. */
  readonly publishToken: string;
  /** Receives `page` and `node`. */
  readonly subscribeToken: string;
  readonly page: string;
  readonly node: string;
}

/** The runs of pages that test themselves, each with a video of its own from Node. */
export class SelfTestRuns implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #url: string;
  readonly #videos = new Map<string, SpeakingVideo>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #count = 0;

  constructor(stage: Stage, url: string) {
    this.#stage = stage;
    this.#url = url;
  }

  /** Begins a run. Undefined while as many are going on as may be at once. */
  async start(): Promise<StartedRun | undefined> {
    if (this.#count >= maxRuns) return undefined;
    this.#count += 1;
    try {
      const runId = randomUUID();
      const name = runId.slice(0, 8);
      const [page, node] = [`page-${name}`, `node-${name}`];
      const token = (participantId: string) =>
        this.#stage.createToken({ participantId, url: this.#url, expiresInSeconds: tokenSeconds });
      const [publishToken, subscribeToken] = [await token(page), await token(`viewer-${name}`)];
      const video = await publishSpeakingVideo(`${this.#url}/publish/${node}`, await token(node));
      this.#videos.set(runId, video);
      this.#timers.set(runId, setTimeout(() => void this.end(runId), maxRunMs).unref());
      return { runId, page, node, publishToken, subscribeToken };
    } catch (error) {
      this.#count -= 1;
      throw error;
    }
  }

  /** Has the video of a run speak. False where there is no such run. */
  speak(runId: string, payloads: readonly Uint8Array[]): boolean {
    const video = this.#videos.get(runId);
    video?.speak(payloads);
    return video !== undefined;
  }

  /** Ends a run. False where there is none. */
  async end(runId: string): Promise<boolean> {
    const video = this.#videos.get(runId);
    if (!this.#videos.delete(runId)) return false;
    clearTimeout(this.#timers.get(runId));
    this.#timers.delete(runId);
    this.#count -= 1;
    await video?.[Symbol.asyncDispose]();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#videos.keys()].map((runId) => this.end(runId)));
  }
}
