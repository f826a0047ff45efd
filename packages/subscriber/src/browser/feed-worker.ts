import { workerText } from "../generated/worker-text.ts";
import type { PageMessage, WorkerMessage } from "./protocol.ts";

/** Hears what the worker says of one feed. */
export interface FeedListener {
  message(message: Exclude<WorkerMessage, { kind: "feed-ready" }>): void;
  /** The worker runs. */
  workerStarted(): void;
  /** The worker could not be started, or has ended. */
  workerFailed(reason: string): void;
}

/**
 * No event says that a worker was dead before it was handed over, or is terminated, so it is asked every second. A script
 * from a slow network needs a while. Questions are counted, not time: a page that stood still asked none.
 */
const ASK_EVERY_MS = 1000;
const UNANSWERED = 5;

const known = new WeakMap<Worker, FeedWorker>();
let own: Worker | undefined;

/** The page's end of a worker that reads frames; hands what the worker says to the feed that it speaks of. */
export class FeedWorker {
  readonly worker: Worker;
  /** Neither a connection nor its frames' pipe says that it has ended, so a feed ends with its receiver. */
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

  /** The application's worker, or else the one that all receivers of the page share; started when first asked for. */
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
      // Nobody else can end our own: where it does not answer the machine is busy.
      if (isOwn || this.#unanswered < UNANSWERED) return ask();
      this.#isReady = false;
      this.#giveUp("it does not answer");
    }, ASK_EVERY_MS);
    ask();
  }

  /**
   * Gives the feed its number.
   *
   * @throws Error when the worker has failed: a transform to it would stop the video.
   */
  add(listener: FeedListener): number {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const feed = this.#nextFeed++;
    this.#listeners.set(feed, new WeakRef(listener));
    this.#ended.register(listener, feed);
    return feed;
  }

  /** Whether it runs, as far as is known. */
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

  /** What is thrown once the worker runs is not ours: our code in it catches everything. */
  #giveUp(reason: string): void {
    if (this.#isReady || this.#failure !== undefined) return;
    this.#failure = reason;
    clearInterval(this.#timer);
    for (const listener of this.#listeners.values()) listener.deref()?.workerFailed(reason);
  }
}

/** Not a module worker: it would be refused from another origin, and gets no import map. */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
  const worker = new Worker(url, { name: "inband-subscriber" });
  const release = () => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
