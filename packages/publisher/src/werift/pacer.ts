/** How a pacer spreads packets over time. */
export interface PacerOptions {
  /**
   * Packets in one millisecond. Default 20 (about 190 Mbit/s): a burst of 250 packets overruns the usual 208 KiB
   * receive buffer of a UDP socket, of which 92 arrived; 20 in a millisecond all arrived.
   */
  readonly packetsPerMs?: number;
  /** Packets that may wait behind those of the access unit in hand. Default 1024. */
  readonly maxWaiting?: number;
}

/** Longest time in milliseconds that sending may hold the event loop, which also decrypts and answers NACKs. */
const maxHoldMs = 4;

/**
 * Sends packets in their order, a few in each millisecond, and yields to the event loop between. What fits into the
 * current millisecond leaves at once, inside `push`.
 */
export class Pacer<Packet> {
  readonly #send: (packet: Packet) => void;
  readonly #packetsPerMs: number;
  readonly #maxWaiting: number;
  #waiting: Packet[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #budget: number;
  #refilledAt = Number.NEGATIVE_INFINITY;

  constructor(send: (packet: Packet) => void, options: PacerOptions = {}) {
    this.#send = send;
    this.#packetsPerMs = positiveInteger(options.packetsPerMs ?? 20, "packetsPerMs");
    this.#maxWaiting = positiveInteger(options.maxWaiting ?? 1024, "maxWaiting");
    this.#budget = this.#packetsPerMs;
  }

  /** How many packets are waiting. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /**
   * Whether `push` would take this many packets: always when nothing waits, so that an access unit of any size
   * passes.
   */
  accepts(count: number): boolean {
    return this.waiting === 0 || this.waiting + count <= this.#maxWaiting;
  }

  /** Takes the packets of one access unit. Ask `accepts` first. */
  push(packets: readonly Packet[]): void {
    this.#waiting = this.waiting === 0 ? [...packets] : this.#waiting.slice(this.#next).concat(packets);
    this.#next = 0;
    if (this.#timer === undefined) this.#run();
  }

  /** Forgets what is waiting. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#next = 0;
  }

  #run(): void {
    this.#timer = undefined;
    const startedAt = performance.now();
    // A late timer gives no more than one in time: catching up would be the burst to avoid, and a receiver in the same
    // process reads no more than 32 datagrams in one turn of the event loop.
    if (startedAt - this.#refilledAt >= 1) {
      this.#budget = this.#packetsPerMs;
      this.#refilledAt = startedAt;
    }
    while (this.#next < this.#waiting.length && this.#budget > 0) {
      this.#budget--;
      this.#send(this.#waiting[this.#next++] as Packet);
      if (performance.now() - startedAt > maxHoldMs) break;
    }
    if (this.#next < this.#waiting.length) {
      this.#timer = setTimeout(() => this.#run(), 1);
    } else {
      this.#waiting = [];
      this.#next = 0;
    }
  }
}

function positiveInteger(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, got ${value}`);
  return value;
}
