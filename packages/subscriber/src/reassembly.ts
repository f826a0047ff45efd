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
  readonly count: number;
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
    const message = this.#incomplete.get(key) ?? this.#begin(key, envelope.count, nowMs);
    if (message.count !== envelope.count) {
      throw new WireError("bad-envelope", `A fragment of ${envelope.count} to a message of ${message.count}`);
    }
    if (envelope.index === 0) message.copies += 1;
    if (message.fragments[envelope.index] !== undefined) return undefined;
    const { length } = envelope.body;
    if (message.bytes + length > limitBytes) {
      this.#drop(key, message);
      throw tooLarge(limitBytes, message.bytes + length);
    }
    message.fragments[envelope.index] = Uint8Array.from(envelope.body);
    message.missing -= 1;
    message.bytes += length;
    this.#bytes += length;
    if (message.missing === 0) return this.#complete(key, message);
    this.#bound(key);
    return undefined;
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

  #begin(key: string, count: number, nowMs: number): Incomplete {
    const message: Incomplete = {
      atMs: nowMs,
      count,
      fragments: new Array(count).fill(undefined),
      missing: count,
      bytes: 0,
      copies: 0,
    };
    this.#incomplete.set(key, message);
    return message;
  }

  #complete(key: string, message: Incomplete): { body: Uint8Array; copies: number } {
    this.#incomplete.delete(key);
    this.#bytes -= message.bytes;
    const body = new Uint8Array(message.bytes);
    let at = 0;
    for (const fragment of message.fragments) {
      if (fragment === undefined) continue;
      body.set(fragment, at);
      at += fragment.length;
    }
    return { body, copies: Math.max(1, message.copies) };
  }

  #bound(key: string): void {
    for (const [oldest, message] of this.#incomplete) {
      if (this.#incomplete.size <= maxMessages && this.#bytes <= maxBytes) return;
      if (oldest !== key) this.#drop(oldest, message);
    }
  }

  #drop(key: string, message: Incomplete): void {
    if (!this.#incomplete.delete(key)) return;
    this.#bytes -= message.bytes;
    this.#counts.incomplete += 1;
  }
}
