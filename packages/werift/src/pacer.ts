/** How a pacer spreads packets over time. */
export interface PacerOptions {
  /**
   * Packets in one millisecond. A burst of 250 packets overruns the usual 208 KiB receive buffer of a UDP socket: 92 of
   * them arrived; 32 in a millisecond all arrived, on a busy machine too.
   *
   * @defaultValue 32 (about 300 Mbit/s)
   */
  readonly packetsPerMs?: number;
  /**
   * Packets that may wait behind those of the access unit at hand.
   *
   * @defaultValue 1024
   */
  readonly maxWaiting?: number;
}

/** Longest time in milliseconds that sending may hold the event loop, which also decrypts and answers NACKs. */
const maxHoldMs = 4;

/** Packets that have left and may stay in the queue for others to be added behind them. */
const keptSent = 256;

/** Packets in one turn of the event loop: a receiver in the same process reads no more datagrams in one. */
const maxPacketsPerTurn = 32;

/**
 * Sends packets in their order, a few in each millisecond, and yields to the event loop between. What fits into the
 * current millisecond leaves at once, inside `push`. Where encrypting them takes that long, it waits for no timer.
 */
export class Pacer<Packet> {
  readonly #send: (packet: Packet) => void;
  readonly #packetsPerMs: number;
  readonly #maxWaiting: number;
  #waiting: Packet[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #budget: number;
  #refilledAt = Number.NEGATIVE_INFINITY;

  constructor(send: (packet: Packet) => void, options: PacerOptions = {}) {
    this.#send = send;
    this.#packetsPerMs = positiveInteger(options.packetsPerMs ?? 32, "packetsPerMs");
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
    if (this.#isIdle) this.#run();
  }

  /**
   * Takes one packet of a stream that comes packet by packet. It leaves at once, without being kept, where none waits
   * and the millisecond is not used up.
   *
   * @returns Whether there was room for it.
   */
  add(packet: Packet): boolean {
    if (this.#isIdle) {
      this.#refill(performance.now());
      if (this.#budget > 0) {
        this.#budget--;
        this.#send(packet);
        return true;
      }
      this.#timer = setTimeout(() => this.#run(), 1);
    }
    if (this.waiting >= this.#maxWaiting) return false;
    if (this.#next >= keptSent) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    this.#waiting.push(packet);
    return true;
  }

  /** Forgets what is waiting. */
  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
    this.#waiting = [];
    this.#next = 0;
  }

  /** Sends what is waiting, at once. */
  flush(): void {
    const waiting = this.#waiting.slice(this.#next);
    this.clear();
    for (const packet of waiting) this.#send(packet);
  }

  get #isIdle(): boolean {
    return this.#timer === undefined && this.#turn === undefined;
  }

  /** A late turn gives no more than one in time: catching up would be the burst to avoid. */
  #refill(now: number): void {
    if (now - this.#refilledAt < 1) return;
    this.#budget = this.#packetsPerMs;
    this.#refilledAt = now;
  }

  #run(): void {
    this.#timer = undefined;
    this.#turn = undefined;
    const startedAt = performance.now();
    let now = startedAt;
    let sent = 0;
    while (this.#next < this.#waiting.length) {
      this.#refill(now);
      if (this.#budget === 0 || sent === maxPacketsPerTurn || now - startedAt > maxHoldMs) break;
      this.#budget--;
      sent++;
      this.#send(this.#waiting[this.#next++] as Packet);
      now = performance.now();
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#budget === 0) this.#timer = setTimeout(() => this.#run(), 1);
    else this.#turn = setImmediate(() => this.#run());
  }
}

function positiveInteger(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, got ${value}`);
  return value;
}
