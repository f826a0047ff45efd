import { HoldingTimer } from "./holding-timer.ts";

/** Items that are kept, and their bytes; the oldest go first. */
const maxKeptItems = 256;
const maxKeptBytes = 1_048_576;

/**
 * How often the shelf looks at items whose time is over and that stay, and at those that are kept: a timer for each of
 * them would wake the process as often as it publishes.
 */
const sweepIntervalMs = 1000;

/** What lies on a shelf. */
export interface Shelved {
  readonly id: string;
  readonly bytes: number;
  /** By the clock of the shelf; Infinity for never. */
  readonly expiresAtMs: number;
}

/** What a shelf needs of its owner. */
export interface ShelfOptions<Item extends Shelved> {
  /** The clock of `expiresAtMs`, in milliseconds. */
  readonly clock: () => number;
  /** The time of a waiting item is over. One that stays is told of again every second. */
  readonly expired: (item: Item, nowMs: number) => void;
  /**
   * What an alarm does.
   *
   * @defaultValue `expire`
   */
  readonly wake?: (nowMs: number) => void;
  /**
   * Whether a process of Node goes on for the sake of an item while that waits. Does not change while it does.
   *
   * @defaultValue it does
   */
  readonly holdsProcess?: (item: Item) => boolean;
}

/**
 * Where messages wait, in the order in which they were added, and where some of them are kept afterwards, until they
 * expire, for carriers and streams that come later. One timer wakes its owner; what waits is bounded by the owner, what is
 * kept by the shelf.
 */
export class Shelf<Item extends Shelved> {
  readonly #options: ShelfOptions<Item>;
  readonly #waiting = new Map<string, Item>();
  /** Ids of waiting items that are not counted any more. */
  readonly #released = new Set<string>();
  readonly #kept = new Map<string, Item>();
  #size = 0;
  #bytes = 0;
  #keptBytes = 0;
  /** Waiting items for which a process goes on. */
  #holding = 0;
  #isClosed = false;
  readonly #timer: HoldingTimer;

  constructor(options: ShelfOptions<Item>) {
    this.#options = options;
    this.#timer = new HoldingTimer(() => this.#wake(), options.clock);
  }

  /** Items that wait, but for those that were released. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of those items. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether an item waits for which a process of Node goes on. */
  get isHolding(): boolean {
    return this.#holding > 0;
  }

  /** Whether an item waits or is kept. */
  has(id: string): boolean {
    return this.#waiting.has(id) || this.#kept.has(id);
  }

  /** The item while it waits. */
  get(id: string): Item | undefined {
    return this.#waiting.get(id);
  }

  waiting(): Iterable<Item> {
    return this.#waiting.values();
  }

  kept(): Iterable<Item> {
    return this.#kept.values();
  }

  /** Adds an item that waits. */
  add(item: Item): void {
    this.#waiting.set(item.id, item);
    this.#count(item, 1);
    this.wakeBy(item.expiresAtMs);
  }

  /** Makes the room of an item free while it still waits. No process goes on for its sake any more. */
  release(item: Item): void {
    if (!this.#waiting.has(item.id) || this.#released.has(item.id)) return;
    this.#released.add(item.id);
    this.#count(item, -1);
  }

  /** Keeps an item that has waited, until it expires or newer ones push it out. */
  keep(item: Item): void {
    if (!this.#takeDown(item.id)) return;
    this.#kept.set(item.id, item);
    this.#keptBytes += item.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKeptItems && this.#keptBytes <= maxKeptBytes) break;
      this.#discard(oldest);
    }
    if (!this.#timer.isSet) this.#timer.after(sweepIntervalMs);
  }

  /** Removes an item, whether it waits or is kept. False where it does neither. */
  delete(id: string): boolean {
    return this.#takeDown(id) || this.#discard(id);
  }

  /** Tells the owner of the waiting items whose time is over, and discards the kept ones. */
  expire(nowMs: number): void {
    for (const item of this.#waiting.values()) if (nowMs >= item.expiresAtMs) this.#options.expired(item, nowMs);
    for (const [id, { expiresAtMs }] of this.#kept) if (nowMs >= expiresAtMs) this.#discard(id);
  }

  /** Wakes the owner at this time at the latest. */
  wakeBy(atMs: number): void {
    if (!this.#isClosed) this.#timer.by(atMs);
  }

  /** Asks for no alarm until the next one is asked for. */
  rest(): void {
    this.#timer.stop();
  }

  /** Removes everything, and sets no alarm any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
    this.#waiting.clear();
    this.#released.clear();
    this.#kept.clear();
    this.#size = 0;
    this.#bytes = 0;
    this.#keptBytes = 0;
    this.#holding = 0;
  }

  #wake(): void {
    const nowMs = this.#options.clock();
    if (this.#options.wake === undefined) this.expire(nowMs);
    else this.#options.wake(nowMs);
    if (this.#isClosed) return;
    let lastMs = 0;
    for (const { expiresAtMs } of this.#kept.values()) lastMs = Math.max(lastMs, expiresAtMs);
    let atMs = this.#kept.size > 0 ? Math.min(lastMs, nowMs + sweepIntervalMs) : Number.POSITIVE_INFINITY;
    for (const { expiresAtMs } of this.#waiting.values()) {
      atMs = Math.min(atMs, expiresAtMs > nowMs ? expiresAtMs : nowMs + sweepIntervalMs);
    }
    this.#timer.by(atMs);
  }

  #takeDown(id: string): boolean {
    const item = this.#waiting.get(id);
    if (item === undefined) return false;
    this.#waiting.delete(id);
    if (!this.#released.delete(id)) this.#count(item, -1);
    return true;
  }

  #discard(id: string): boolean {
    const item = this.#kept.get(id);
    if (item === undefined) return false;
    this.#kept.delete(id);
    this.#keptBytes -= item.bytes;
    return true;
  }

  #count(item: Item, by: 1 | -1): void {
    this.#size += by;
    this.#bytes += by * item.bytes;
    if (this.#options.holdsProcess?.(item) ?? true) this.#holding += by;
    this.#timer.hold(this.#holding > 0);
  }
}
