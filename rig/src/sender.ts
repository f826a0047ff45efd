import type { UserData } from "@inband/stream";
import { createMessageId, EnvelopeFlag, encodeEnvelope, encodeValue, inband } from "@inband/wire";
import { userData } from "./manual-feed.ts";

let made = 0;

/** An id that no other message of the test run has. */
export function nextId(): string {
  made += 1;
  const random = (bytes: Uint8Array) => new DataView(bytes.fill(1).buffer).setUint32(12, made);
  return createMessageId({ nowMs: 999_900, random });
}

/** A publisher's messages, to be brought or lost one by one. */
export class Sender {
  readonly source: number;
  #heartbeats = 0;
  readonly #next = new Map<string | undefined, number>();

  constructor(source = 1) {
    this.source = source;
  }

  /** The next message of a topic: its parts. */
  message(value: unknown, topic?: string, flags = 0): UserData[] {
    const sequence = this.#next.get(topic) ?? 0;
    this.#next.set(topic, sequence + 1);
    return this.numbered(value, sequence, topic, flags);
  }

  /** A message with a number of its own. */
  numbered(value: unknown, sequence: number, topic?: string, flags = 0): UserData[] {
    const header = { id: nextId(), source: this.source, sequence, flags };
    return userData(value, topic === undefined ? header : { ...header, topic });
  }

  retained(value: unknown, topic?: string): UserData[] {
    return this.message(value, topic, EnvelopeFlag.Retained);
  }

  /** What a heartbeat says: `[topic | null, lastSequence, withdrawn]`. */
  heartbeat(...topics: readonly unknown[]): UserData {
    const sequence = this.#heartbeats;
    this.#heartbeats += 1;
    const envelope = { id: nextId(), source: this.source, sequence, topic: undefined, age: 0, index: 0, count: 1 };
    const body = encodeValue(topics);
    return {
      uuid: inband().uuid,
      payload: encodeEnvelope({ ...envelope, flags: EnvelopeFlag.Heartbeat, body }).payload,
    };
  }
}
