import { EventEmitter } from "eventemitter3";
import { connectEvents, type EventsConnection, eventsAddress } from "./events-connection.ts";
import { type Connection, KeptConnection } from "./kept-connection.ts";
import { participantChanges } from "./participant-changes.ts";
import { isFinalRefusal } from "./refusal.ts";
import { RemoteError } from "./remote-error.ts";
import { RemovedError } from "./removed-error.ts";
import type { StageConnectionName, StageMembership, StageMembershipEvents } from "./stage-membership.ts";
import type { StageParticipant } from "./stage-participant.ts";
import type { MembershipOptions, StagePlatform } from "./stage-platform.ts";
import { readClaims, type StageEndpoints } from "./token-claims.ts";
import { TokenError } from "./token-error.ts";

/** A token that expires within this time is replaced before it is used, in seconds. */
const renewBeforeSeconds = 10;

/** Longer than it takes a place to become free whose holder has vanished. */
const defaultTimeoutMs = 30_000;

/** What a token says of its stage. */
export interface StagePlace {
  readonly token: string;
  readonly endpoints: StageEndpoints;
  readonly eventsUrl: string;
  readonly topic: string;
}

/** A stage that was joined. */
export class JoinedStage implements StageMembership {
  /** Resolves when the stage has told who is there, and the video is connected. */
  readonly joined: Promise<void>;
  readonly ended: Promise<Error | undefined>;
  readonly #platform: StagePlatform;
  readonly #options: MembershipOptions;
  readonly #place: StagePlace;
  readonly #emitter = new EventEmitter<StageMembershipEvents>();
  readonly #kept = new Map<StageConnectionName, KeptConnection>();
  /** Why what is not connected is not. */
  readonly #troubles = new Map<StageConnectionName, Error>();
  #token: string;
  #isRefused = false;
  #renewal: Promise<string> | undefined;
  #events: EventsConnection | undefined;
  #participants: readonly StageParticipant[] = [];
  #isOver = false;
  #end: (error: Error | undefined) => void = () => {};

  constructor(platform: StagePlatform, options: MembershipOptions, place: StagePlace) {
    this.#platform = platform;
    this.#options = options;
    this.#place = place;
    this.#token = place.token;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.joined = this.#join();
  }

  get participantId(): string {
    return this.#place.endpoints.participantId;
  }

  participants(): readonly StageParticipant[] {
    return this.#participants;
  }

  on<Name extends keyof StageMembershipEvents>(
    name: Name,
    listener: (...args: StageMembershipEvents[Name]) => void,
  ): void {
    this.#emitter.on(name, listener as never);
  }

  off<Name extends keyof StageMembershipEvents>(
    name: Name,
    listener: (...args: StageMembershipEvents[Name]) => void,
  ): void {
    this.#emitter.off(name, listener as never);
  }

  async exchangeToken(token: string): Promise<void> {
    if (!this.#events) throw new Error("the events socket of the stage is not connected");
    await this.#events.exchangeToken(token, this.#token);
    this.#token = token;
  }

  async leave(): Promise<void> {
    await this.#close(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  async #join(): Promise<void> {
    const { signal, timeoutMs = defaultTimeoutMs } = this.#options;
    const { publish } = this.#platform;
    const abort = (): void => void this.#close(signal?.reason);
    const late = (): void => void this.#close(this.#platform.tooLate(this.#whyLate(timeoutMs)));
    const overdue = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(late, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    const connected = [this.#keep("events", (ending) => this.#connectEvents(ending))];
    if (publish) {
      connected.push(
        this.#keep("publish", async (ending) => {
          const { publish: url } = this.#place.endpoints;
          return publish({ url, token: await this.#freshToken(), signal: ending });
        }),
      );
    }
    const over = this.ended.then((error) => {
      throw error ?? new Error("the stage was left");
    });
    over.catch(() => {});
    try {
      await Promise.race([Promise.all(connected), over]);
    } finally {
      clearTimeout(overdue);
      signal?.removeEventListener("abort", abort);
    }
  }

  #whyLate(timeoutMs: number): string {
    const [trouble] = this.#troubles;
    const why = trouble ? `${trouble[0]}: ${reasonOf(trouble[1])}` : "it does not answer";
    return `the stage at ${this.#place.eventsUrl} was not joined within ${timeoutMs} ms: ${why}`;
  }

  /** Keeps a connection; resolves when it is connected for the first time. */
  #keep(name: StageConnectionName, connect: (signal: AbortSignal) => Promise<Connection>): Promise<void> {
    return new Promise((resolve) => {
      const kept = new KeptConnection({
        connect,
        isFinal: (error) => this.#isFinal(error),
        connected: () => {
          resolve();
          this.#troubles.delete(name);
          this.#tell("connected", name);
        },
        reconnecting: (error) => {
          this.#troubles.set(name, error);
          this.#tell("reconnecting", error, name);
        },
        failed: (error) => this.#failed(error, name),
      });
      this.#kept.set(name, kept);
    });
  }

  /** What is wrong with the token ends the stay; a refusal of one participant leaves all else as it is. */
  #failed(error: Error, name: StageConnectionName): void {
    const isRefusal = error instanceof RemoteError && error.code !== "may-not-subscribe";
    if (!name.startsWith("subscribe ") || !isRefusal) void this.#close(error);
    else if (this.#emitter.listenerCount("refused") > 0) this.#tell("refused", error, name);
    else console.warn(`joinStage: ${name}: ${error.message}`);
  }

  async #connectEvents(signal: AbortSignal): Promise<Connection> {
    const { eventsUrl, topic } = this.#place;
    const token = await this.#freshToken();
    signal.throwIfAborted();
    const socket = this.#platform.openSocket(eventsAddress(eventsUrl, topic), token);
    const events = await connectEvents(socket, signal, (participants) => this.#update(participants));
    this.#events = events;
    return {
      lost: events.lost,
      close: async () => {
        this.#events = undefined;
        await events.close();
      },
    };
  }

  #update(participants: readonly StageParticipant[]): void {
    const { joined, updated, left } = participantChanges(this.#participants, participants);
    this.#participants = participants;
    for (const participant of joined) this.#tell("joined", participant);
    for (const participant of updated) this.#tell("updated", participant);
    for (const participant of left) this.#tell("left", participant);
    this.#subscribe();
  }

  /** In a turn of its own: what a listener throws is the application's, and ends no connection. */
  #tell<Name extends keyof StageMembershipEvents>(name: Name, ...args: StageMembershipEvents[Name]): void {
    queueMicrotask(() => this.#emitter.emit(name, ...(args as never)));
  }

  /** Receives those who publish, and ends what others have left behind. */
  #subscribe(): void {
    const { subscribe } = this.#platform;
    const { shouldSubscribe = () => true } = this.#options;
    if (!subscribe || this.#isOver) return;
    const wanted = new Set<StageConnectionName>();
    for (const participant of this.#participants) {
      const { participantId, isPublishing } = participant;
      if (participantId === this.participantId || !isPublishing || !shouldSubscribe(participant)) continue;
      const name: StageConnectionName = `subscribe ${participantId}`;
      wanted.add(name);
      if (this.#kept.has(name)) continue;
      const url = this.#place.endpoints.subscribe(participantId);
      void this.#keep(name, async (signal) =>
        subscribe(participantId, { url, token: await this.#freshToken(), signal }),
      );
    }
    for (const [name, kept] of this.#kept) {
      if (!name.startsWith("subscribe ") || wanted.has(name)) continue;
      this.#kept.delete(name);
      void kept.close();
    }
  }

  /** The token, or a new one where it has expired or was refused and there is somebody to ask. */
  async #freshToken(): Promise<string> {
    const { token } = this.#options;
    const { exp } = readClaims(this.#token) ?? {};
    const isOld = typeof exp === "number" && exp < Date.now() / 1000 + renewBeforeSeconds;
    if (typeof token === "function" && (isOld || this.#isRefused)) {
      // Connections that are made at the same time share the answer.
      this.#renewal ??= Promise.resolve(token()).finally(() => {
        this.#renewal = undefined;
      });
      this.#token = await this.#renewal;
      this.#isRefused = false;
    }
    return this.#token;
  }

  #isFinal(error: Error): boolean {
    if (error instanceof TokenError) {
      // A new token may do: the next attempt asks for one.
      this.#isRefused = true;
      return typeof this.#options.token === "string";
    }
    if (error instanceof RemovedError) return true;
    if (!(error instanceof RemoteError)) return this.#platform.isFinal(error);
    return isFinalRefusal(error);
  }

  async #close(error: Error | undefined): Promise<void> {
    this.#isOver = true;
    this.#end(error);
    await Promise.all([...this.#kept.values()].map((kept) => kept.close()));
  }
}

/** Node's error of a name with several addresses has no message. */
function reasonOf(error: Error): string {
  return error.message || String((error as { readonly code?: unknown }).code ?? error.name);
}
