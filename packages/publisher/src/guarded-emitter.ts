import { guardedCall, type LaterCalls } from "@inband/stream";
import { EventEmitter } from "eventemitter3";

/** A map of event names to the one argument that their listeners get. */
type EventMap = Record<string, unknown>;
type Listener<Argument> = (argument: Argument) => unknown;

/**
 * Events whose listeners can neither stop nor delay the flow: they are told when the work at hand is done, and what one
 * of them throws, or rejects with, goes to `failed`, and the next one is called.
 */
export class GuardedEmitter<Events extends EventMap> {
  readonly #emitter: EventEmitter = new EventEmitter();
  readonly #guards = new WeakMap<Listener<never>, Map<string, (argument: unknown) => void>>();
  readonly #names: readonly (keyof Events & string)[];
  readonly #later: LaterCalls;
  readonly #failed: (thrown: unknown, event: string) => void;

  constructor(
    names: readonly (keyof Events & string)[],
    later: LaterCalls,
    failed: (thrown: unknown, event: string) => void,
  ) {
    this.#names = names;
    this.#later = later;
    this.#failed = failed;
  }

  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.on(event, this.#guard(event, listener));
  }

  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.once(event, this.#guard(event, listener));
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.off(event, this.#guard(event, listener));
  }

  /** Tells the listeners later; costs nothing where there is none. */
  emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): void {
    if (this.#emitter.listenerCount(event) > 0) this.#later.add(() => this.emitNow(event, argument));
  }

  /** Tells the listeners. False when there is none. */
  emitNow<Name extends keyof Events & string>(event: Name, argument: Events[Name]): boolean {
    return this.#emitter.emit(event, argument);
  }

  removeAllListeners(): void {
    this.#emitter.removeAllListeners();
  }

  /** The same for the same listener of the same event, so that `off` finds it. */
  #guard<Argument>(event: string, listener: Listener<Argument>): (argument: unknown) => void {
    if (!this.#names.includes(event)) {
      throw new TypeError(`event: expected ${this.#names.join(", ")}, got ${String(event)}`);
    }
    if (typeof listener !== "function") throw new TypeError(`listener: expected a function, got ${typeof listener}`);
    const guards = this.#guards.get(listener) ?? new Map<string, (argument: unknown) => void>();
    this.#guards.set(listener, guards);
    let guard = guards.get(event);
    if (guard === undefined) {
      guard = (argument) =>
        guardedCall(
          () => listener(argument as Argument),
          (thrown) => this.#failed(thrown, event),
        );
      guards.set(event, guard);
    }
    return guard;
  }
}
