import type { Message, SentReport } from "@inband/stream";
import type { SentVideo } from "./sent-video.ts";

/** Browsers answer with the same report for 50 ms. */
const reportAgeMs = 60;
/** A frame may have been counted before the SDK's worker looked for messages to put into it. */
const framesAhead = 1;
const leastWaitMs = 1000;

/**
 * A message that was handed to the SDK, which puts it into the frames that come next. It does not say which: that the copies
 * have left is known once enough frames have.
 */
export class LeavingMessage {
  readonly #message: Message;
  readonly #copies: number;
  readonly #insertedAtMs: number;
  /** Frames of each encoded stream when it was first seen after the insertion. */
  #before: Map<string, number> | undefined;
  readonly #passed = new Map<string, number>();

  constructor(message: Message, copies: number, insertedAtMs: number) {
    this.#message = message;
    this.#copies = copies;
    this.#insertedAtMs = insertedAtMs;
  }

  /** Takes a report that was asked for at this time. Returns what came of the message once that is known. */
  seen(video: SentVideo | undefined, askedAtMs: number): SentReport | undefined {
    const { expiresAtMs } = this.#message;
    if (video === undefined) return this.report("dropped");
    if (askedAtMs - this.#insertedAtMs < reportAgeMs) return undefined;
    if (this.#before === undefined) {
      this.#before = new Map([...video.layers].map(([ssrc, { frames }]) => [ssrc, frames]));
      return undefined;
    }
    let isGone = true;
    for (const [ssrc, before] of this.#before) {
      const frames = video.layers.get(ssrc)?.frames;
      if (frames === undefined) continue;
      isGone = false;
      this.#passed.set(ssrc, frames - before);
    }
    // Another connection has taken the place of the one that was to carry it.
    if (isGone) return this.report("dropped");
    if (Math.max(...this.#passed.values()) >= this.#copies + framesAhead) return this.report("sent");
    const isOver = askedAtMs >= expiresAtMs && askedAtMs - this.#insertedAtMs >= leastWaitMs;
    return isOver ? this.report("expired") : undefined;
  }

  /** `otherwise` unless a copy is known to have left. */
  report(otherwise: SentReport["outcome"]): SentReport {
    const { id: messageId, payloads } = this.#message;
    const seiBytes = payloads.reduce((sum, payload) => sum + payload.seiBytes, 0);
    const streams = [...this.#passed]
      .map(([stream, passed]) => ({ stream, copies: Math.min(this.#copies, passed - framesAhead) }))
      .filter(({ copies }) => copies > 0)
      .map(({ stream, copies }) => ({ stream, copies, bytes: copies * seiBytes, rtpTimestamps: [] }));
    return { messageId, outcome: streams.length > 0 ? "sent" : otherwise, streams };
  }
}
