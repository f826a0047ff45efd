import {
  type CarrierEvents,
  type CarrierLimits,
  type Message,
  type SentReport,
  Shelf,
  type Shelved,
  steadyNowMs,
} from "@inband/stream";
import { IvsCarrierError } from "./ivs-carrier-error.ts";
import { LeavingMessage } from "./leaving-message.ts";
import { RetainedMessages } from "./retained-messages.ts";
import type { SentVideo } from "./sent-video.ts";

const stalledAfterMs = 1000;
/** How soon there may be room on a frame or in the second. */
const retryAfterMs = 20;
/** What else holds messages back ends with a report of the browser. */
const checkAfterMs = 250;
/** The SDK's `repeatCount` is 30 at most. */
const maxCopies = 31;
/** What second and further copies leave of a second's bytes for messages that come within it. */
const firstCopiesShare = 1 / 4;

/** The stream that all publishers of a carrier share. */
export interface SharedStream {
  /** Whether a message that is handed over now leaves with one of the next frames. */
  readonly isFlowing: boolean;
  readonly frameMs: number;
  /** Why messages can never leave, or the messages of this publisher cannot. */
  refusal(message: Message): IvsCarrierError | undefined;
  room(limits: CarrierLimits): { readonly ofSecond: number; readonly ofNextFrame: number };
  /** False if the SDK did not take it. */
  insert(payload: Uint8Array, copies: number): boolean;
}

interface Waiting extends Shelved {
  readonly message: Message;
}

/** What one publisher has waiting on a stage stream, and what of it is on its way. */
export class InsertionQueue {
  readonly #stream: SharedStream;
  readonly #events: CarrierEvents;
  readonly #limits: CarrierLimits;
  readonly #shelf: Shelf<Waiting>;
  readonly #leaving = new Map<string, LeavingMessage>();
  readonly #retained = new RetainedMessages();
  readonly #told = new Set<string>();
  readonly #reports: SentReport[] = [];
  #waitingSinceMs = 0;
  #isStalled = false;
  #isToSend = false;
  #isSending = false;
  #isClosed = false;

  constructor(stream: SharedStream, events: CarrierEvents, limits: CarrierLimits) {
    this.#stream = stream;
    this.#events = events;
    this.#limits = limits;
    this.#shelf = new Shelf<Waiting>({
      clock: steadyNowMs,
      expired: (waiting) => this.#end(waiting, "expired"),
      wake: () => this.#wake(),
      holdsProcess: ({ message }) => message.standing === undefined,
    });
  }

  /** Whether anything depends on what the stream does next. */
  get isBusy(): boolean {
    return this.#shelf.size > 0 || this.#leaving.size > 0;
  }

  offer(message: Message): void {
    const { id, standing, expiresAtMs } = message;
    if (this.#isClosed || this.#shelf.has(id) || this.#leaving.has(id)) return;
    const refusal = this.#stream.refusal(message);
    if (refusal !== undefined) {
      this.#refuse(message, refusal);
      this.#tell();
      return;
    }
    if (standing === "retained") this.#retained.add(message);
    else {
      if (standing === "heartbeat") this.#dropHeartbeat();
      else if (!this.#shelf.isHolding) this.#waitingSinceMs = steadyNowMs();
      this.#shelf.add({ id, bytes: bytesOf(message), expiresAtMs, message });
    }
    this.#sendSoon();
  }

  /** What was handed to the SDK cannot be taken back. */
  withdraw(id: string): void {
    this.#retained.delete(id);
    const waiting = this.#shelf.get(id);
    if (waiting !== undefined) this.#end(waiting, "cancelled");
    this.#tell();
    this.#arm();
  }

  /** Takes a report of the browser that was asked for at this time; undefined while the stream is not published. */
  seen(video: SentVideo | undefined, askedAtMs: number): void {
    for (const [id, leaving] of this.#leaving) {
      const report = leaving.seen(video, askedAtMs);
      if (report === undefined) continue;
      this.#leaving.delete(id);
      this.#reports.push(report);
    }
    this.#retained.seen(video);
    this.send();
  }

  /** Hands the SDK what may leave now. */
  send(): void {
    // A publisher that is told of a message may offer the next one.
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    try {
      this.#shelf.expire(steadyNowMs());
      for (let next = this.#next(); next !== undefined && this.#insert(next); next = this.#next()) {
        this.#isStalled = false;
      }
      if (this.#shelf.size === 0) this.#repeatRetained();
    } finally {
      this.#isSending = false;
    }
    this.#tell();
    this.#arm();
  }

  /** Gives up what waits, for a reason that ends it for all. */
  refuseAll(): void {
    for (const { message } of this.#shelf.waiting()) {
      const refusal = this.#stream.refusal(message);
      if (refusal === undefined) continue;
      this.#shelf.delete(message.id);
      this.#refuse(message, refusal);
    }
    this.#tell();
  }

  /** Tells the publisher of an error, once for each code. */
  failed(error: Error, code: string): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#events.failed(error);
  }

  /** Gives up what waits, but for the last heartbeat, and what is not known to have left, and reports it as `dropped`. */
  close(): void {
    if (this.#isClosed) return;
    for (const waiting of this.#shelf.waiting()) this.#end(waiting, "dropped");
    // The last heartbeat says that the publisher leaves.
    this.send();
    this.#isClosed = true;
    for (const leaving of this.#leaving.values()) this.#reports.push(leaving.report("dropped"));
    this.#leaving.clear();
    this.#shelf.close();
    this.#tell();
  }

  /** What is published in one go is weighed together. */
  #sendSoon(): void {
    if (this.#isToSend) return;
    this.#isToSend = true;
    queueMicrotask(() => {
      this.#isToSend = false;
      this.send();
    });
  }

  /** Higher priority first, then the oldest; heartbeats go last, since they may delay no other. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    if (!this.#stream.isFlowing) return undefined;
    for (const waiting of this.#shelf.waiting()) if (best === undefined || rank(waiting) > rank(best)) best = waiting;
    return best;
  }

  /** False where it has to wait. */
  #insert(waiting: Waiting): boolean {
    const { message, bytes } = waiting;
    const { ofSecond, ofNextFrame } = this.#stream.room(this.#limits);
    if (bytes > ofSecond || bytes > ofNextFrame) return false;
    const copies = this.#copiesOf(message, bytes, ofSecond);
    this.#shelf.delete(message.id);
    if (this.#handOver(message, copies)) {
      this.#waitingSinceMs = steadyNowMs();
      this.#retained.sent(message.id);
      if (message.standing === undefined) {
        this.#leaving.set(message.id, new LeavingMessage(message, copies, steadyNowMs()));
      }
    }
    return true;
  }

  /** Its copies, but for those that would make another message wait which has had none. */
  #copiesOf({ schedule, standing }: Message, bytes: number, ofSecond: number): number {
    if (standing !== undefined) return 1;
    const { frameMs } = this.#stream;
    const { copies, withinMs = Number.POSITIVE_INFINITY } = schedule;
    const { bytesPerSecond } = this.#limits;
    const others = Math.max(this.#shelf.bytes - bytes, bytesPerSecond * firstCopiesShare);
    const spare = Math.floor((Math.min(ofSecond, bytesPerSecond) - others) / bytes);
    return Math.max(1, Math.min(copies, maxCopies, spare, 1 + Math.floor(withinMs / frameMs)));
  }

  #handOver(message: Message, copies: number): boolean {
    for (const { bytes } of message.payloads) {
      if (this.#stream.insert(bytes, copies)) continue;
      this.#refuse(message, refused(message));
      return false;
    }
    return true;
  }

  #repeatRetained(): void {
    for (const message of this.#retained.due()) {
      if (!this.#stream.isFlowing) return;
      const bytes = bytesOf(message);
      const { ofSecond, ofNextFrame } = this.#stream.room(this.#limits);
      // Half of a second stays free for other messages.
      if (bytes > ofSecond - this.#limits.bytesPerSecond / 2 || bytes > ofNextFrame) return;
      if (this.#handOver(message, 1)) this.#retained.repeated(message.id);
      else this.#retained.delete(message.id);
    }
  }

  #refuse({ id: messageId, standing }: Message, error: IvsCarrierError): void {
    if (standing === undefined) this.#reports.push({ messageId, outcome: "dropped", streams: [] });
    if (error.messageId === undefined) this.failed(error, error.code);
    else this.#events.failed(error);
  }

  #dropHeartbeat(): void {
    for (const { id, message } of this.#shelf.waiting()) if (message.standing === "heartbeat") this.#shelf.delete(id);
  }

  #end({ id: messageId, message }: Waiting, outcome: SentReport["outcome"]): void {
    if (!this.#shelf.delete(messageId) || message.standing !== undefined) return;
    this.#reports.push({ messageId, outcome, streams: [] });
  }

  #tell(): void {
    if (this.#reports.length > 0) this.#events.sent(this.#reports.splice(0));
  }

  #arm(): void {
    if (this.#shelf.size === 0) this.#shelf.rest();
    else this.#shelf.wakeBy(steadyNowMs() + (this.#stream.isFlowing ? retryAfterMs : checkAfterMs));
  }

  #wake(): void {
    this.send();
    const isStalled =
      this.#shelf.isHolding && !this.#stream.isFlowing && steadyNowMs() - this.#waitingSinceMs >= stalledAfterMs;
    if (isStalled && !this.#isStalled) this.#events.stalled();
    this.#isStalled = isStalled;
  }
}

function rank({ message }: Waiting): number {
  return message.standing === undefined ? message.priority : -1;
}

function bytesOf({ payloads }: Message): number {
  return payloads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function refused({ id, standing }: Message): IvsCarrierError {
  return new IvsCarrierError(
    "refused",
    "The Amazon IVS SDK did not take a message; its warning in the console says why",
    standing === undefined ? id : undefined,
  );
}
