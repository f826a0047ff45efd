import { workerText } from "../generated/worker-text.ts";
import type { PageMessage, WorkerMessage } from "./protocol.ts";

/** Gets what the worker reports about one feed. */
export interface FeedListener {
  message(message: Exclude<WorkerMessage, { kind: "feed-ready" }>): void;
  /** The worker runs. */
  workerStarted(): void;
  /** The worker could not be started, or was terminated. */
  workerFailed(reason: string): void;
}

/**
 * No event reports that a worker was dead before it was passed on, or is terminated, so it is asked every second. A script
 * from a slow network takes a while. Questions are counted, not time: a suspended page asks none.
 */
const ASK_EVERY_MS = 1000;
const UNANSWERED = 5;

const known = new WeakMap<Worker, FeedWorker>();
let own: Worker | undefined;

/** The page's end of a worker that reads frames. Passes the reports of the worker to the feeds that they concern. */
export class FeedWorker {
  readonly worker: Worker;
  /** Neither a connection nor the pipe of its frames reports its end, so a feed ends with its receiver. */
  readonly #listeners = new Map<number, WeakRef<FeedListener>>();
  readonly #ended = new FinalizationRegistry<number>((feed) => {
    this.#listeners.delete(feed);
    this.post({ kind: "feed-end", feed });
  });
  #nextFeed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  #isReady = false;
  #failure: string | undefined;
  #unanswered = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  /** The worker of the application, or else the one that all receivers of the page share; started on first use. */
  static of(given?: Worker): FeedWorker {
    if (!given) own ??= startWorker();
    const worker = given ?? (own as Worker);
    const feedWorker = known.get(worker) ?? new FeedWorker(worker, worker === own);
    known.set(worker, feedWorker);
    return feedWorker;
  }

  constructor(worker: Worker, isOwn = false) {
    this.worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => this.#hear(data));
    worker.addEventListener("error", (event) => this.#giveUp(event.message || "its script could not be loaded"));
    const ask = (): void => this.post({ kind: "feed-hello" });
    this.#timer = setInterval(() => {
      this.#unanswered++;
      // Nobody else can terminate our own: if it does not answer, the machine is busy.
      if (isOwn || this.#unanswered < UNANSWERED) return ask();
      this.#isReady = false;
      this.#giveUp("it does not answer");
    }, ASK_EVERY_MS);
    ask();
  }

  /**
   * Gives the feed its number.
   *
   * @throws Error if the worker has failed: a transform to it would stop the video.
   */
  add(listener: FeedListener): number {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const feed = this.#nextFeed++;
    this.#listeners.set(feed, new WeakRef(listener));
    this.#ended.register(listener, feed);
    return feed;
  }

  /** Whether it is known to run. */
  get isReady(): boolean {
    return this.#isReady;
  }

  post(message: PageMessage, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  #hear(message: WorkerMessage | undefined): void {
    this.#unanswered = 0;
    if (message?.kind === "feed-ready") {
      if (this.#isReady || this.#failure !== undefined) return;
      this.#isReady = true;
      for (const listener of this.#listeners.values()) listener.deref()?.workerStarted();
    } else if (message) {
      this.#listeners.get(message.feed)?.deref()?.message(message);
    }
  }

  /** Errors once the worker runs are not ours: our code in it catches everything. */
  #giveUp(reason: string): void {
    if (this.#isReady || this.#failure !== undefined) return;
    this.#failure = reason;
    clearInterval(this.#timer);
    for (const listener of this.#listeners.values()) listener.deref()?.workerFailed(reason);
  }
}

/** Not a module worker: that would be refused from another origin, and gets no import map. */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
  const worker = new Worker(url, { name: "inband-subscriber" });
  const release = () => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
