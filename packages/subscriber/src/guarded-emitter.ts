import { EventEmitter } from "eventemitter3";

/** A map of event names to the one argument that their listeners get. */
type EventMap = Record<string, unknown>;
type Listener<Argument> = (argument: Argument) => void;

/** Events whose listeners cannot stop the flow: what one of them throws goes to `failed`, and the next one is called. */
export class GuardedEmitter<Events extends EventMap> {
  readonly #emitter: EventEmitter = new EventEmitter();
  readonly #guards = new WeakMap<Listener<never>, (argument: unknown) => void>();
  readonly #failed: (thrown: unknown) => void;

  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed;
  }

  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.on(event, this.#guard(listener));
  }

  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.once(event, this.#guard(listener));
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    const guard = this.#guards.get(listener);
    if (guard !== undefined) this.#emitter.off(event, guard);
  }

  emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): void {
    this.#emitter.emit(event, argument);
  }

  removeAllListeners(): void {
    this.#emitter.removeAllListeners();
  }

  #guard<Argument>(listener: Listener<Argument>): (argument: unknown) => void {
    if (typeof listener !== "function") throw new TypeError(`listener: expected a function, got ${typeof listener}`);
    let guard = this.#guards.get(listener);
    if (guard === undefined) {
      guard = (argument) => {
        try {
          listener(argument as Argument);
        } catch (thrown) {
          this.#failed(thrown);
        }
      };
      this.#guards.set(listener, guard);
    }
    return guard;
  }
}
