import { expectThat } from "./subscriber-options.ts";

/** A map of event names to the one argument that their listeners get. */
type EventMap = Record<string, unknown>;
type Listener<Argument> = (argument: Argument) => unknown;

interface Registration {
  readonly listener: Listener<never>;
  readonly isOnce: boolean;
}

/**
 * Events whose listeners cannot stop the flow: what one of them throws, or rejects with, goes to `failed`, and the next
 * one is called. An emitter that others keep would be a tenth of a subscriber in a browser, and would need this around
 * every listener.
 */
export class GuardedEmitter<Events extends EventMap> {
  /** By the names of the events that there are. */
  readonly #registrations: Map<string, readonly Registration[]>;
  readonly #failed: (thrown: unknown, event: string) => void;

  constructor(events: readonly (keyof Events & string)[], failed: (thrown: unknown, event: string) => void) {
    this.#registrations = new Map(events.map((event) => [event, []]));
    this.#failed = failed;
  }

  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#add(event, listener, false);
  }

  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#add(event, listener, true);
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#keep(event, (registration) => registration.listener !== listener);
  }

  /** Whether there was a listener. */
  emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): boolean {
    const registrations = this.#of(event);
    for (const registration of registrations) {
      if (registration.isOnce) this.#keep(event, (other) => other !== registration);
      const failed = (thrown: unknown): void => this.#failed(thrown, event);
      try {
        const result = (registration.listener as Listener<Events[Name]>)(argument) as Promise<unknown> | undefined;
        // A rejection that nobody handles ends a process of Node. Not any thenable: a lazy one begins when it is asked.
        if (result?.[Symbol.toStringTag] === "Promise") result.then(undefined, failed);
      } catch (thrown) {
        failed(thrown);
      }
    }
    return registrations.length > 0;
  }

  removeAllListeners(): void {
    for (const event of this.#registrations.keys()) this.#registrations.set(event, []);
  }

  #add(event: string, listener: Listener<never>, isOnce: boolean): void {
    expectThat(typeof listener === "function", "listener", "a function", typeof listener);
    this.#registrations.set(event, [...this.#of(event), { listener, isOnce }]);
  }

  /** Lists are replaced, never changed: those who are being called stay the same. */
  #keep(event: string, isKept: (registration: Registration) => boolean): void {
    this.#registrations.set(event, this.#of(event).filter(isKept));
  }

  #of(event: string): readonly Registration[] {
    const found = this.#registrations.get(event);
    expectThat(found !== undefined, "event", [...this.#registrations.keys()].join(", "), event);
    return found;
  }
}
