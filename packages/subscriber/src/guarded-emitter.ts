import { guardedCall } from "@inband/stream";
import { expectThat } from "./expect-that.ts";

/** A map of event names to the one argument that their listeners get. */
type EventMap = Record<string, unknown>;
type Listener<Argument> = (argument: Argument) => unknown;

interface Registration {
  readonly listener: Listener<never>;
  /** Undefined for every topic. */
  readonly topic: string | undefined;
  readonly isOnce: boolean;
}

/**
 * Events whose listeners cannot stop the flow: what a listener throws, or rejects with, goes to `failed`, and the next one
 * is called. A general emitter would be a tenth of a subscriber in a browser, and would need this around every listener.
 */
export class GuardedEmitter<Events extends EventMap> {
  /** By the names of all events. */
  readonly #registrations: Map<string, readonly Registration[]>;
  readonly #failed: (thrown: unknown, event: string) => void;

  constructor(events: readonly (keyof Events & string)[], failed: (thrown: unknown, event: string) => void) {
    this.#registrations = new Map(events.map((event) => [event, []]));
    this.#failed = failed;
  }

  /**
   * Adds a listener for all events of a name, or for those whose argument has this `topic`.
   *
   * @throws TypeError for the name of no event, or a listener that is not a function.
   */
  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>, topic?: string): void {
    this.#add(event, { listener, topic, isOnce: false });
  }

  /** Adds a listener for the next such event. */
  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>, topic?: string): void {
    this.#add(event, { listener, topic, isOnce: true });
  }

  /** Removes a listener that was added with the same `topic`. */
  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>, topic?: string): void {
    this.#keep(event, (registration) => registration.listener !== listener || registration.topic !== topic);
  }

  /** Fires an event. Returns whether there is a listener. */
  emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): boolean {
    const registrations = this.#of(event);
    for (const registration of registrations) {
      const { listener, topic, isOnce } = registration;
      if (topic !== undefined && topic !== (argument as { readonly topic?: unknown }).topic) continue;
      if (isOnce) this.#keep(event, (other) => other !== registration);
      guardedCall(
        () => (listener as Listener<unknown>)(argument),
        (thrown) => this.#failed(thrown, event),
      );
    }
    return registrations.length > 0;
  }

  removeAllListeners(): void {
    for (const event of this.#registrations.keys()) this.#registrations.set(event, []);
  }

  #add(event: string, registration: Registration): void {
    const { listener } = registration;
    expectThat(typeof listener === "function", "listener", "a function", typeof listener);
    this.#registrations.set(event, [...this.#of(event), registration]);
  }

  /** Lists are replaced, never changed: a list whose listeners are being called stays the same. */
  #keep(event: string, isKept: (registration: Registration) => boolean): void {
    this.#registrations.set(event, this.#of(event).filter(isKept));
  }

  #of(event: string): readonly Registration[] {
    const found = this.#registrations.get(event);
    expectThat(found !== undefined, "event", [...this.#registrations.keys()].join(", "), event);
    return found;
  }
}
