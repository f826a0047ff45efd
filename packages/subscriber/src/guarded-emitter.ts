/** A map of event names to the one argument that their listeners get. */
type EventMap = Record<string, unknown>;
type Listener<Argument> = (argument: Argument) => void;

interface Registration {
  readonly listener: Listener<never>;
  readonly isOnce: boolean;
}

/**
 * Events whose listeners cannot stop the flow: what one of them throws goes to `failed`, and the next one is called. An
 * emitter that others keep would be a tenth of a subscriber in a browser, and would need this around every listener.
 */
export class GuardedEmitter<Events extends EventMap> {
  readonly #registrations = new Map<string, readonly Registration[]>();
  readonly #failed: (thrown: unknown) => void;

  constructor(failed: (thrown: unknown) => void) {
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

  emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): void {
    for (const registration of this.#registrations.get(event) ?? []) {
      if (registration.isOnce) this.#keep(event, (other) => other !== registration);
      try {
        (registration.listener as Listener<Events[Name]>)(argument);
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
  }

  removeAllListeners(): void {
    this.#registrations.clear();
  }

  #add(event: string, listener: Listener<never>, isOnce: boolean): void {
    if (typeof listener !== "function") throw new TypeError(`listener: expected a function, got ${typeof listener}`);
    this.#registrations.set(event, [...(this.#registrations.get(event) ?? []), { listener, isOnce }]);
  }

  /** Lists are replaced, never changed: those who are being called stay the same. */
  #keep(event: string, isKept: (registration: Registration) => boolean): void {
    this.#registrations.set(event, (this.#registrations.get(event) ?? []).filter(isKept));
  }
}
