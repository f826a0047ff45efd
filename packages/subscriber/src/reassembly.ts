import { tooLarge, WireError } from "@inband/wire";
import type { Incoming } from "./incoming.ts";
import { never } from "./never.ts";
import type { Counts } from "./subscriber-stats.ts";

/** Fragments of a message arrive within seconds of each other: by default its publisher lets it expire after 5. */
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

/** Joins fragments, within bounds of memory and time. A message that stays incomplete is forgotten and counted. */
export class Reassembly {
  readonly #incomplete = new Map<string, Incomplete>();
  readonly #counts: Counts;
  #bytes = 0;

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  /**
   * Takes a message or a fragment. Returns the whole message, undefined while fragments are missing.
   *
   * @throws WireError `bad-envelope` if the fragments contradict each other, `payload-too-large` if they are more than a
   * message may have.
   */
  join(incoming: Incoming, nowMs: number): Incoming | undefined {
    const { key, profile, index, count, body } = incoming;
    if (count === 1) return incoming;
    this.sweep(nowMs);
    const message: Incomplete = this.#incomplete.get(key) ?? {
      atMs: nowMs,
      fragments: new Array(count),
      missing: count,
      bytes: 0,
      copies: 0,
    };
    this.#incomplete.set(key, message);
    const { length } = message.fragments;
    if (length !== count) throw new WireError("bad-envelope", `count: expected ${length} fragments, got ${count}`);
    if (index === 0) message.copies += 1;
    if (message.fragments[index] !== undefined) return undefined;
    const bytes = message.bytes + body.length;
    if (bytes > profile.maxMessageBytes) {
      this.#drop(key, message);
      throw tooLarge("message", profile.maxMessageBytes, bytes);
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
    return { ...incoming, body: joined(message), copies: Math.max(1, message.copies) };
  }

  /** Forgets what has been incomplete for too long. */
  sweep(nowMs: number): void {
    for (const [key, message] of this.#incomplete) {
      if (nowMs - message.atMs < withinMs) return;
      this.#drop(key, message);
    }
  }

  /** Forgets everything that is incomplete. */
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
