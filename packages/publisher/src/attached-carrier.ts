import type { CarrierEvents, CarrierLimits, Message, OpenCarrier, SeiCarrier } from "@inband/stream";

/** A carrier while a publisher is attached to it. What it throws is reported, and harms nothing else. */
export class AttachedCarrier {
  readonly carrier: SeiCarrier;
  readonly #failed: (thrown: unknown) => void;
  readonly #open: OpenCarrier;
  #isLeaving = false;

  /** @throws what the carrier throws on opening. */
  constructor(
    carrier: SeiCarrier,
    limits: CarrierLimits,
    events: (attached: AttachedCarrier) => CarrierEvents,
    failed: (thrown: unknown) => void,
  ) {
    this.carrier = carrier;
    this.#failed = failed;
    this.#open = carrier.open(events(this), limits);
  }

  /** Whether it has been detached: it takes nothing more, and what it reports is of no more use. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Offers a message. False when the carrier failed to take it. */
  offer(message: Message): boolean {
    return this.#isLeaving || this.#guarded(() => this.#open.offer(message));
  }

  /** Takes a message back. False when the carrier failed to withdraw it. */
  withdraw(messageId: string): boolean {
    return this.#guarded(() => this.#open.withdraw(messageId));
  }

  leave(): void {
    this.#isLeaving = true;
    this.#guarded(() => this.#open[Symbol.dispose]());
  }

  #guarded(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }
}
