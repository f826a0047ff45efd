import type { Hello, Ready, TapAddress } from "./protocol.ts";

/** Hears what the worker says of one tap. */
export interface FrameWorkerListener {
  message(message: unknown): void;
  /** The worker runs. */
  workerStarted(): void;
  /** The worker could not be started, or has ended. */
  workerFailed(reason: string): void;
}

/**
 * No event says that a worker was dead before it was handed over, or is terminated, so it is asked every second. A script
 * from a slow network needs a while. Questions are counted, not time: a page that stood still asked none.
 */
const askEveryMs = 1000;
const unansweredQuestions = 5;

const known = new WeakMap<Worker, FrameWorker>();
/** The scripts of the roles that this page has loaded. */
const scripts = new Set<string>();
let own: { readonly worker: FrameWorker; readonly scripts: number } | undefined;

/** Makes a script part of the worker that the page starts. One that comes after the start is for the next worker. */
export function addScript(script: string): void {
  scripts.add(script);
}

/** The page's end of a worker that frames pass through. Hands what the worker says to the tap that it concerns. */
export class FrameWorker {
  readonly worker: Worker;
  /** Neither a connection nor its frames' pipe says that it has ended, so a tap ends with its sender or receiver. */
  readonly #listeners = new Map<number, WeakRef<FrameWorkerListener>>();
  readonly #ended = new FinalizationRegistry<TapAddress>((address) => {
    this.#listeners.delete(address.tap);
    this.worker.postMessage({ ...address, kind: "end" });
  });
  /** Pages that share a worker must not share numbers. */
  #nextTap = Math.trunc(Math.random() * 2 ** 32);
  /** Whether it runs, as far as is known. */
  isReady = false;
  #failure: string | undefined;
  #unanswered = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  /** The application's worker, or else the one that all senders and receivers of the page share; started when first asked for. */
  static of(worker?: Worker): FrameWorker {
    if (worker === undefined) {
      if (own?.scripts !== scripts.size) own = { worker: new FrameWorker(startWorker(), true), scripts: scripts.size };
      return own.worker;
    }
    const frameWorker = known.get(worker) ?? new FrameWorker(worker, false);
    known.set(worker, frameWorker);
    return frameWorker;
  }

  constructor(worker: Worker, isOwn: boolean) {
    this.worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#hear(data));
    worker.addEventListener("error", (event) => this.#giveUp(event.message || "its script does not load"));
    const ask = (): void => worker.postMessage({ kind: "hello" } satisfies Hello);
    this.#timer = setInterval(() => {
      this.#unanswered++;
      // Only this page can end the one of its own: where that does not answer the machine is busy.
      if (isOwn || this.#unanswered < unansweredQuestions) return ask();
      this.isReady = false;
      this.#giveUp("it does not answer");
    }, askEveryMs);
    ask();
  }

  /**
   * Gives a tap its number.
   *
   * @throws Error when the worker has failed: a transform to it would stop the video.
   */
  add(listener: FrameWorkerListener, role: TapAddress["role"]): TapAddress {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const address = { role, tap: this.#nextTap++ };
    this.#listeners.set(address.tap, new WeakRef(listener));
    this.#ended.register(listener, address);
    return address;
  }

  #hear(message: unknown): void {
    this.#unanswered = 0;
    const { tap, kind } = Object(message) as Partial<TapAddress & Ready>;
    if (tap !== undefined) this.#listeners.get(tap)?.deref()?.message(message);
    else if (kind === "ready" && !this.isReady && this.#failure === undefined) {
      this.isReady = true;
      for (const listener of this.#listeners.values()) listener.deref()?.workerStarted();
    }
  }

  /** What is thrown once the worker runs is not ours: our code in it catches everything. */
  #giveUp(reason: string): void {
    if (this.isReady || this.#failure !== undefined) return;
    this.#failure = reason;
    clearInterval(this.#timer);
    for (const listener of this.#listeners.values()) listener.deref()?.workerFailed(reason);
  }
}

/**
 * Not a module worker: it would be refused from another origin, and gets no import map. The URL is not revoked: a page has
 * one or two of them, of some kilobytes each.
 */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([...scripts]));
  return new Worker(url, { name: "inband" });
}
