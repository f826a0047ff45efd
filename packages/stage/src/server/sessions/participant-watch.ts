import { type ParticipantChanges, participantChanges } from "@inband/stage-protocol";
import { WakeTimer } from "@inband/stream";
import type { Participant } from "./participant.ts";

/** Changes that come within this time are told together. */
const togetherMs = 20;

/**
 * Tells what changes in a list of participants: nothing, where somebody came and left before it looked, which those who
 * were told of it in between have to hear, too.
 */
export class ParticipantWatch {
  readonly #list: () => readonly Participant[];
  readonly #tell: (changes: ParticipantChanges<Participant>) => void;
  readonly #timer = new WakeTimer(() => this.#compare());
  #known: readonly Participant[] = [];

  constructor(list: () => readonly Participant[], tell: (changes: ParticipantChanges<Participant>) => void) {
    this.#list = list;
    this.#tell = tell;
  }

  /** To be called when something may have changed. */
  touch(): void {
    this.#timer.after(togetherMs);
  }

  #compare(): void {
    const participants = this.#list();
    const changes = participantChanges(this.#known, participants);
    this.#known = participants;
    this.#tell(changes);
  }
}
