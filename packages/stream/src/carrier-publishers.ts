/// <reference lib="esnext.disposable" preserve="true" />

import { type CarrierStream, SharedStream, type SharedStreamOwner } from "./carrier-stream.ts";
import { checkLimits } from "./check-limits.ts";
import { LaterCalls } from "./later-calls.ts";
import { PublisherMessages } from "./publisher-messages.ts";
import type { CarrierEvents, CarrierLimits, OpenCarrier } from "./sei-carrier.ts";
import { steadyNowMs } from "./steady-clock.ts";
import { StreamBudget } from "./stream-budget.ts";

/** Streams at once: simulcast has three layers, and each negotiation may bring new SSRCs that never end. */
const maxStreams = 32;

/** Options of {@link CarrierPublishers}. */
export interface CarrierPublishersOptions {
  /**
   * The clock of `Message.expiresAtMs`, in milliseconds; for simulations.
   *
   * @defaultValue `performance.timeOrigin + performance.now()`
   */
  readonly clock?: () => number;
  /**
   * Whether a receiver that got the access units with these numbers, the first and the last, has been heard since;
   * undefined while one may be. Messages are `sent` when one has, and leave again where none will. Such a carrier numbers
   * its access units (`OutgoingFrame.number`), and calls `review` when the answer is another.
   *
   * @defaultValue nothing is known of receivers: messages are `sent` when they have left
   */
  readonly reached?: (first: number, last: number) => boolean | undefined;
}

/**
 * The publishers that have opened a carrier, and the encoded streams of that carrier: what a carrier of your own is made
 * of where it has several streams, or puts SEI into frames itself. It lives where the frames are, in a worker for instance.
 *
 * Every stream carries every message. Publishers share the bytes of a stream in the order of attachment. What came of an
 * access unit is told in a microtask, after it has left.
 *
 * @example
 * ```ts
 * const publishers = new CarrierPublishers(defaultCarrierLimits);
 * publisher.attach({
 *   name: "own",
 *   limits: defaultCarrierLimits,
 *   open: (events, limits) => publishers.open(events, limits),
 * });
 * const stream = publishers.stream("video");
 * const nals = stream.take({ rtpTimestamp, isKeyFrame });
 * send(insertSei(accessUnit, nals));
 * stream.commit();
 * ```
 */
export class CarrierPublishers implements Disposable {
  readonly #limits: CarrierLimits;
  readonly #clock: () => number;
  readonly #later = new LaterCalls();
  readonly #owner: SharedStreamOwner;
  /** In the order of attachment. */
  readonly #publishers = new Set<PublisherMessages>();
  readonly #streams = new Map<string, SharedStream>();
  #failures = 0;
  #isClosed = false;

  /**
   * `limits` are those of the carrier; a publisher's own may be lower.
   *
   * @throws TypeError or RangeError that names the limit.
   */
  constructor(limits: CarrierLimits, options: CarrierPublishersOptions = {}) {
    checkLimits(limits);
    this.#limits = limits;
    this.#clock = options.clock ?? steadyNowMs;
    this.#owner = {
      clock: this.#clock,
      ...(options.reached === undefined ? {} : { reached: options.reached }),
      failed: (outbox, thrown) => {
        this.#failures += 1;
        outbox.owner.failed(thrown);
      },
      closed: (stream) => {
        this.#streams.delete(stream.name);
        for (const publisher of this.#publishers) publisher.removeStream(stream.encoded);
      },
    };
  }

  /** Access units that left without the messages of a publisher, and other failures that were reported. */
  get failures(): number {
    return this.#failures;
  }

  /** Opens the carrier for one publisher, as `SeiCarrier.open` does. */
  open(events: CarrierEvents, limits: CarrierLimits = this.#limits): OpenCarrier {
    const messages = new PublisherMessages({ limits, events, clock: this.#clock, later: this.#later });
    if (this.#isClosed) messages.close();
    else {
      this.#publishers.add(messages);
      for (const stream of this.#streams.values()) stream.attach(messages.addStream(stream.encoded));
    }
    return {
      offer: (message) => messages.offer(message),
      withdraw: (messageId) => messages.withdraw(messageId),
      [Symbol.dispose]: () => {
        if (!this.#publishers.delete(messages)) return;
        messages.close();
        for (const stream of this.#streams.values()) stream.detach(messages);
      },
    };
  }

  /**
   * An encoded stream, the same for the same name; made when the name is new. Of more than 32 streams the one that has
   * been silent for longest is closed, so ask for it at each access unit where names change.
   */
  stream(name: string): CarrierStream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = new SharedStream(name, new StreamBudget(this.#limits), this.#owner);
    if (this.#isClosed) return stream;
    this.#streams.set(name, stream);
    for (const publisher of this.#publishers) stream.attach(publisher.addStream(stream.encoded));
    if (this.#streams.size > maxStreams) this.#silentest(stream)?.close();
    return stream;
  }

  /** Receivers were heard, or are gone: what `reached` says may be another. */
  review(): void {
    for (const stream of this.#streams.values()) stream.review();
  }

  /** A receiver needs a key frame, or a new one has connected. */
  keyFrameRequest(): void {
    for (const publisher of this.#publishers) publisher.events.keyFrameRequest();
  }

  /** An estimate of what the link carries. */
  bitrate(bitsPerSecond: number): void {
    for (const publisher of this.#publishers) publisher.events.bitrate(bitsPerSecond);
  }

  /** The carrier failed. */
  failed(thrown: unknown): void {
    this.#failures += 1;
    for (const publisher of this.#publishers) publisher.failed(thrown);
  }

  /** Gives up what waits, and everything that is offered from now on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const publisher of this.#publishers) publisher.close();
    for (const stream of this.#streams.values()) stream.clear();
    this.#publishers.clear();
    this.#streams.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The stream but one whose last access unit came longest ago. */
  #silentest(but: SharedStream): SharedStream | undefined {
    let found: SharedStream | undefined;
    for (const stream of this.#streams.values()) {
      const isSilenter = found === undefined || stream.encoded.lastFrameAtMs < found.encoded.lastFrameAtMs;
      if (stream !== but && isSilenter) found = stream;
    }
    return found;
  }
}
