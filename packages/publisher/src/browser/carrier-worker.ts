import { workerText } from "../generated/worker-text.ts";
import { WakeTimer } from "../stream/wake-timer.ts";
import type { PageMessage, WorkerMessage } from "./protocol.ts";

/** Hears what the worker says of one carrier. */
export interface CarrierListener {
  message(message: Exclude<WorkerMessage, { kind: "carrier-ready" }>): void;
  /** The worker runs. */
  workerStarted(): void;
  /** The worker could not be started. */
  workerFailed(reason: string): void;
}

/** A worker that was dead from the start says nothing; a script from a slow network needs a while. */
const workerStartMs = 5000;

const known = new WeakMap<Worker, CarrierWorker>();
let own: CarrierWorker | undefined;

/** The page's end of a worker that writes into frames. Passes on what the worker says to the carrier that it concerns. */
export class CarrierWorker {
  readonly worker: Worker;
  /** Neither a connection nor its frames' pipe says that it has ended, so a carrier ends with its sender. */
  readonly #listeners = new Map<number, WeakRef<CarrierListener>>();
  readonly #ended = new FinalizationRegistry<number>((carrier) => {
    this.#listeners.delete(carrier);
    this.post({ kind: "carrier-end", carrier });
  });
  #nextCarrier = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  #isReady = false;
  #failure: string | undefined;
  readonly #deadline = new WakeTimer(() => this.#giveUp("it does not answer"));

  /** The application's worker, or else the one that all senders of the page share; started when first asked for. */
  static of(worker?: Worker): CarrierWorker {
    if (!worker) {
      own ??= new CarrierWorker(startWorker(), true);
      return own;
    }
    let carrierWorker = known.get(worker);
    if (!carrierWorker) {
      carrierWorker = new CarrierWorker(worker);
      known.set(worker, carrierWorker);
    }
    return carrierWorker;
  }

  constructor(worker: Worker, isOwn = false) {
    this.worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => this.#hear(data));
    worker.addEventListener("error", (event) => this.#giveUp(event.message || "its script could not be loaded"));
    // Only this page can end the one of its own: where that does not answer the machine is busy.
    if (!isOwn) this.#deadline.after(workerStartMs);
    this.post({ kind: "carrier-hello" });
  }

  /**
   * Gives the carrier its number.
   *
   * @throws Error when the worker has failed: a transform to it would stop the video.
   */
  add(listener: CarrierListener): number {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const carrier = this.#nextCarrier++;
    this.#listeners.set(carrier, new WeakRef(listener));
    this.#ended.register(listener, carrier);
    return carrier;
  }

  /** Whether it runs, as far as is known. */
  get isReady(): boolean {
    return this.#isReady;
  }

  post(message: PageMessage, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  #hear(message: WorkerMessage | undefined): void {
    if (message?.kind === "carrier-ready") {
      this.#deadline.stop();
      if (this.#isReady || this.#failure !== undefined) return;
      this.#isReady = true;
      for (const listener of this.#listeners.values()) listener.deref()?.workerStarted();
    } else if (message) {
      this.#listeners.get(message.carrier)?.deref()?.message(message);
    }
  }

  /** A failure once the worker runs is not one of inband, whose code in it catches everything. */
  #giveUp(reason: string): void {
    if (this.#isReady || this.#failure !== undefined) return;
    this.#failure = reason;
    for (const listener of this.#listeners.values()) listener.deref()?.workerFailed(reason);
  }
}

/** Not a module worker: it would be refused from another origin, and gets no import map. */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
  const worker = new Worker(url, { name: "inband-publisher" });
  const release = () => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
