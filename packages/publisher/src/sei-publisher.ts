/// <reference lib="esnext.disposable" preserve="true" />
import { createMessageId, EnvelopeFlag, encodeJson, encodeMessage, inband, kindOf, WireError } from "@inband/wire";
import { asError } from "./as-error.ts";
import { AttachedCarrier } from "./attached-carrier.ts";
import type { SeiPublisherArguments } from "./carriable.ts";
import type { CarrierEvents, CarrierLimits, SeiCarrier } from "./carrier.ts";
import { checkLimits } from "./check-options.ts";
import { guardedCall } from "./guarded-call.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { Heartbeats } from "./heartbeats.ts";
import { LaterCalls } from "./later-calls.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";
import type { Part } from "./part.ts";
import { PendingMessage } from "./pending-message.ts";
import { PublishError } from "./publish-error.ts";
import {
  checkPublishOptions,
  type PublisherSettings,
  type PublishOptions,
  publisherSettings,
  type SeiPublisherOptions,
} from "./publish-options.ts";
import { eventNames, type PublisherEvents, type PublisherStats } from "./publisher-events.ts";
import type { Publication, Receipt } from "./receipt.ts";
import { SequenceNumbers } from "./sequence-numbers.ts";
import { StandingOffers } from "./standing-offers.ts";
import { risingClock, steadyNowMs } from "./steady-clock.ts";
import { UnheardErrors } from "./unheard-errors.ts";

/**
 * Publishes messages inside video.
 *
 * One publisher is one source of messages in one profile. It may serve any number of carriers, and publishing without
 * one is legal: a carrier that is attached later gets everything that has not expired.
 *
 * @example
 * ```ts
 * const chat = new SeiPublisher<Chat>();
 * chat.attach(video);
 * const { sent } = chat.publish({ user: "alice", text: "hello" }, { topic: "chat" });
 * const { outcome } = await sent;
 * ```
 */
export class SeiPublisher<T = unknown> {
  readonly #settings: PublisherSettings;
  readonly #logger: SeiPublisherOptions["logger"];
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #random: SeiPublisherOptions["random"];
  readonly #source: number;
  readonly #sequences = new SequenceNumbers();
  readonly #carriers = new Set<AttachedCarrier>();
  readonly #outgoing: OutgoingMessages;
  readonly #standing: StandingOffers;
  readonly #later = new LaterCalls();
  readonly #events: GuardedEmitter<PublisherEvents>;
  readonly #unheardErrors = new UnheardErrors();
  #isClosed = false;
  #isReportingError = false;
  #isSilent = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(...given: SeiPublisherArguments<T>) {
    const [options = {}] = given as [options?: SeiPublisherOptions];
    this.#settings = publisherSettings(options, inband);
    this.#logger = options.logger;
    this.#now = options.now ?? (() => Date.now());
    this.#clock = options.clock === undefined ? steadyNowMs : risingClock(options.clock);
    this.#random = options.random;
    const source = new Uint8Array(4);
    if (options.random === undefined) crypto.getRandomValues(source);
    else options.random(source);
    this.#source = new DataView(source.buffer).getUint32(0);
    this.#events = new GuardedEmitter(eventNames, this.#later, (thrown, event) =>
      this.#report(thrown, event === "error"),
    );
    this.#standing = new StandingOffers(this.#carriers, this.#heartbeats());
    this.#outgoing = new OutgoingMessages(this.#settings, this.#carriers, {
      clock: this.#clock,
      cancelled: (message) => this.#standing.cancelled(message),
      settled: (message, receipt) => this.#settled(message, receipt),
      failed: (error) => this.#report(error),
    });
  }

  /** Messages that wait; those that are retained wait no longer than others. */
  get queueSize(): number {
    return this.#outgoing.size;
  }

  /**
   * Sends the messages through a carrier too, those that wait and have not expired included. Disposing of the result
   * detaches it.
   *
   * @throws PublishError `closed`; TypeError when `carrier` is none or is attached already; what it throws on opening.
   */
  attach(carrier: SeiCarrier): Disposable {
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    if (typeof carrier?.open !== "function") {
      const expected = "expected a carrier, as new WeriftVideo() or browserCarrier(sender) makes one";
      throw new TypeError(`carrier: ${expected}, got ${kindOf(carrier)}`);
    }
    checkLimits(carrier.limits);
    for (const attached of this.#carriers) {
      if (attached.carrier === carrier) throw new TypeError(`carrier: ${carrier.name} is attached already`);
    }
    const attached = new AttachedCarrier(
      carrier,
      this.#limits(carrier),
      (self) => this.#eventsOf(self),
      (thrown) => this.#report(thrown),
    );
    this.#log("info", `attached ${carrier.name}`);
    this.#outgoing.attach(attached);
    this.#standing.attached(attached);
    return {
      [Symbol.dispose]: () => {
        if (!this.#carriers.has(attached)) return;
        this.#standing.detaching(attached);
        this.#outgoing.detach(attached);
        this.#log("info", `detached ${carrier.name}`);
      },
    };
  }

  /**
   * Takes a message and returns at once; the value may be changed afterwards.
   *
   * @throws TypeError or RangeError for a value or an option that cannot be carried; PublishError `queue-full`,
   * `payload-too-large`, `too-many-retained` or `closed`; the reason of a signal that is aborted already. Nothing is sent then.
   */
  publish(value: T, options: PublishOptions = {}): Publication {
    return this.#publish(value, options);
  }

  /**
   * Publishes a text, in UTF-8 where the profile carries bytes, and waits until every carrier has finished with it.
   * Rejects with what `publish` throws.
   */
  async publishText(text: string, options?: PublishOptions): Promise<Receipt> {
    if (typeof text !== "string") throw new TypeError(`text: expected a string, got ${kindOf(text)}`);
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? new TextEncoder().encode(text) : text, options).sent;
  }

  /**
   * Publishes a value, as JSON in UTF-8 where the profile carries bytes, and waits until every carrier has finished with
   * it. Rejects with what `publish` throws.
   */
  async publishJson(value: unknown, options?: PublishOptions): Promise<Receipt> {
    const isRaw = this.#settings.profile.encoding === "raw";
    return this.#publish(isRaw ? fitting(() => encodeJson(value)) : value, options).sent;
  }

  /** Retains a topic no longer: its newest value is not sent again. Without effect where none is retained. */
  unretain(topic?: string): void {
    if (topic !== undefined && typeof topic !== "string") {
      throw new TypeError(`topic: expected a string, got ${kindOf(topic)}`);
    }
    this.#standing.unretain(topic);
  }

  /**
   * Calls a listener for every event of a name, when the work at hand is done: no listener holds up an access unit. What
   * it throws, or rejects with, is reported as `error`.
   *
   * @throws TypeError for a name of no event.
   */
  on<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Calls a listener for the next event of a name. */
  once<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Takes a listener back. */
  off<Name extends keyof PublisherEvents>(event: Name, listener: (argument: PublisherEvents[Name]) => unknown): this {
    this.#events.off(event, listener);
    return this;
  }

  /** Cancels everything that waits. */
  clear(): void {
    this.#outgoing.clear();
  }

  stats(): PublisherStats {
    return { ...this.#outgoing.stats(), retainedTopics: this.#standing.topics };
  }

  /** Detaches every carrier and gives up what waits, as `dropped`; to let it leave, await `sent` first. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#standing.close();
    this.#outgoing.close();
    // What came of the last messages is told first.
    this.#later.add(() => {
      this.#isSilent = true;
      this.#events.removeAllListeners();
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #publish(value: unknown, options: PublishOptions = {}): Publication {
    if (this.#isClosed) throw new PublishError("closed", "The publisher is closed");
    const { profile } = this.#settings;
    checkPublishOptions(options, profile);
    const { topic, signal } = options;
    signal?.throwIfAborted();
    const nowMs = this.#now();
    if (!Number.isFinite(nowMs)) throw new RangeError(`now: expected milliseconds since 1970, got ${kindOf(nowMs)}`);
    const id = createMessageId({ nowMs, ...(this.#random === undefined ? {} : { random: this.#random }) });
    const sequence = this.#sequences.peek(topic);
    const { parts, valueBytes } = this.#encode(value, id, sequence, options);
    const message = new PendingMessage(parts, topic, sequence);
    if (options.retain) this.#standing.check(topic, valueBytes);
    this.#outgoing.makeRoom(message.bytes, message.priority);
    this.#sequences.advance(topic);
    const cancel = (): void => this.#outgoing.giveUp(message, "cancelled");
    if (signal !== undefined) {
      signal.addEventListener("abort", cancel, { once: true });
      message.release = () => signal.removeEventListener("abort", cancel);
    }
    this.#standing.published(message);
    this.#outgoing.add(message);
    if (options.retain && message.givenUp === undefined) this.#standing.retain(message);
    return { id, sent: message.sent, cancel };
  }

  /** The parts of a message, and how many bytes of them are its value. */
  #encode(
    value: unknown,
    id: string,
    sequence: number,
    options: PublishOptions,
  ): { parts: Part[]; valueBytes: number } {
    const { profile, copies, keyFrameCopies, expiresAfterMs } = this.#settings;
    const { topic, timestamp } = options;
    const flags = options.retain ? EnvelopeFlag.Retained : 0;
    const source = this.#source;
    const header = topic === undefined ? { id, source, sequence, flags } : { id, source, sequence, flags, topic };
    const expiresAtMs = this.#clock() + (options.expiresAfterMs ?? expiresAfterMs);
    const encoded = fitting(() => encodeMessage(profile, value, header));
    let valueBytes = 0;
    const parts = encoded.map(({ payload, ageOffset, valueBytes: ofPart = payload.length }) => {
      valueBytes += ofPart;
      const part: { -readonly [Name in keyof Part]: Part[Name] } = {
        messageId: id,
        uuid: profile.uuid,
        payload,
        copies: options.copies ?? copies,
        keyFrameCopies,
        priority: options.priority ?? 1,
        expiresAtMs,
        alone: profile.alone,
      };
      if (ageOffset !== undefined) part.ageOffset = ageOffset;
      if (timestamp !== undefined) part.timestamp = timestamp;
      if (profile.copiesWithinMs !== undefined) part.copiesWithinMs = profile.copiesWithinMs;
      return part;
    });
    return { parts, valueBytes };
  }

  #limits(carrier: SeiCarrier): CarrierLimits {
    const { bytesPerAccessUnit, bytesPerSecond } = carrier.limits;
    return {
      bytesPerAccessUnit,
      bytesPerSecond: Math.min(bytesPerSecond, this.#settings.profile.bytesPerSecond ?? Number.POSITIVE_INFINITY),
    };
  }

  #eventsOf(attached: AttachedCarrier): CarrierEvents {
    const carrier = attached.carrier.name;
    return {
      sent: (report) => this.#outgoing.reported(attached, report),
      keyFrameRequest: () => this.#events.emit("keyFrameRequest", { carrier }),
      bitrate: (bitsPerSecond) => this.#events.emit("bitrate", { carrier, bitsPerSecond }),
      stalled: () => {
        this.#log("warn", `no access unit on ${carrier} for a second`);
        this.#events.emit("stalled", { carrier });
      },
      failed: (error) => this.#report(error),
    };
  }

  #heartbeats(): Heartbeats | undefined {
    const { profile, heartbeat } = this.#settings;
    if (!heartbeat || profile.encoding !== "envelope") return undefined;
    return new Heartbeats({
      profile,
      source: this.#source,
      random: this.#random,
      // What the application's own clock says wrong is told by `publish`.
      now: () => {
        const nowMs = this.#now();
        return Number.isFinite(nowMs) ? nowMs : Date.now();
      },
      clock: this.#clock,
      hasCarriers: () => this.#carriers.size > 0,
      offer: (parts) => this.#standing.offer(parts),
    });
  }

  #settled(message: PendingMessage, receipt: Receipt): void {
    const isUnsent = receipt.outcome !== "sent";
    this.#standing.settled(message, isUnsent);
    if (this.#logger) this.#log("debug", describe(message, receipt));
    this.#events.emit("settled", receipt);
  }

  /** Reports as `error`. What a listener for errors brings about goes to the logger alone, as `isFinal` does. */
  #report(thrown: unknown, isFinal = false): void {
    const error = asError(thrown);
    this.#log("error", error.message);
    if (isFinal || this.#isReportingError) return;
    this.#later.add(() => {
      if (this.#isSilent) return;
      this.#isReportingError = true;
      const isHeard = this.#events.emitNow("error", error);
      this.#isReportingError = false;
      if (!isHeard && this.#logger === undefined) this.#unheardErrors.warn(error);
    });
  }

  /** What a logger throws has nobody to be told to. */
  #log(level: "debug" | "info" | "warn" | "error", text: string): void {
    const logger = this.#logger;
    if (!logger) return;
    const nothing = (): void => {};
    this.#later.add(() => guardedCall(() => logger[level](`inband: ${text}`), nothing));
  }
}

/** Encodes; what is too large is the caller's to act on. */
function fitting<Encoded>(encode: () => Encoded): Encoded {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== "payload-too-large") throw error;
    const { limitBytes, actualBytes } = error;
    throw new PublishError("payload-too-large", error.message, { limitBytes, actualBytes, cause: error });
  }
}

function describe({ id, topic, bytes }: PendingMessage, { outcome, carriers }: Receipt): string {
  const copies = carriers.reduce((sum, carrier) => sum + carrier.copies, 0);
  return `message ${id}${topic === undefined ? "" : ` on ${JSON.stringify(topic)}`} ${outcome}, ${bytes} bytes, copies: ${copies}`;
}
