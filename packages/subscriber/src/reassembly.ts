import { type Envelope, WireError } from "@inband/wire";
import { tooLarge } from "./message-too-large.ts";
import { never } from "./never.ts";
import type { Counts } from "./subscriber-events.ts";

/** Fragments of a message come within seconds of each other: its publisher lets it expire after 5 by default. */
const withinMs = 15_000;
const maxMessages = 64;
const maxBytes = 1_048_576;

interface Incomplete {
  readonly atMs: number;
  readonly fragments: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
  copies: number;
}

/** Puts fragments together, within bounds of memory and time; what does not complete is forgotten and counted. */
export class Reassembly {
  readonly #incomplete = new Map<string, Incomplete>();
  readonly #counts: Counts;
  #bytes = 0;

  /** Counts each message that is given up. */
  constructor(counts: Counts) {
    this.#counts = counts;
  }

  /**
   * Adds a fragment; the body of the whole message, and how many first fragments have been seen, once none is missing.
   *
   * @throws WireError `bad-envelope` when the fragments contradict each other, `payload-too-large` when they are more
   * than a message may have.
   */
  add(
    key: string,
    envelope: Envelope,
    limitBytes: number,
    nowMs: number,
  ): { body: Uint8Array; copies: number } | undefined {
    this.sweep(nowMs);
    const { index, count, body } = envelope;
    const message: Incomplete = this.#incomplete.get(key) ?? {
      atMs: nowMs,
      fragments: new Array(count).fill(undefined),
      missing: count,
      bytes: 0,
      copies: 0,
    };
    this.#incomplete.set(key, message);
    if (message.fragments.length !== count) {
      throw new WireError("bad-envelope", `A fragment of ${count} to a message of ${message.fragments.length}`);
    }
    if (index === 0) message.copies += 1;
    if (message.fragments[index] !== undefined) return undefined;
    const bytes = message.bytes + body.length;
    if (bytes > limitBytes) {
      this.#drop(key, message);
      throw tooLarge(limitBytes, bytes);
    }
    message.fragments[index] = Uint8Array.from(body);
    message.missing -= 1;
    message.bytes = bytes;
    this.#bytes += body.length;
    if (message.missing > 0) {
      this.#bound(key);
      return undefined;
    }
    this.#take(key, message);
    return { body: joined(message), copies: Math.max(1, message.copies) };
  }

  /** Forgets what has waited too long. */
  sweep(nowMs: number): void {
    for (const [key, message] of this.#incomplete) {
      if (nowMs - message.atMs < withinMs) return;
      this.#drop(key, message);
    }
  }

  /** Gives everything up. */
  clear(): void {
    this.sweep(never);
  }

  #bound(key: string): void {
    for (const [oldest, message] of this.#incomplete) {
      if (this.#incomplete.size <= maxMessages && this.#bytes <= maxBytes) return;
      if (oldest !== key) this.#drop(oldest, message);
    }
  }

  #drop(key: string, message: Incomplete): void {
    this.#take(key, message);
    this.#counts.incomplete += 1;
  }

  #take(key: string, message: Incomplete): void {
    this.#incomplete.delete(key);
    this.#bytes -= message.bytes;
  }
}

function joined({ fragments, bytes }: Incomplete): Uint8Array {
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const fragment of fragments as Uint8Array[]) {
    body.set(fragment, at);
    at += fragment.length;
  }
  return body;
}
