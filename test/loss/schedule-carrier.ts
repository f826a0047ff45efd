import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { defaultCarrierLimits, type OutgoingFrame, type Part, type SeiCarrier } from "@inband/publisher";

/** On which access units the copies of a message go. */
export interface Schedule {
  /** How many access units behind the first, ascending, 0 first. */
  readonly offsets: readonly number[];
  /** On how many of the next key frames, for 5 s. */
  readonly keyFrames: number;
}

interface Entry {
  readonly part: Part;
  readonly firstIndex: number;
  readonly firstTimestamp: number;
  keyFramesLeft: number;
}

/** Where a carrier of the laboratory takes its SEI NAL units from. */
export interface LaboratoryOutbox {
  take(frame: OutgoingFrame): readonly Uint8Array[];
  commit(): void;
}

/** A carrier for any schedule, to compare with the outbox of the library, which has one; for small messages, without a budget. */
export class ScheduleCarrier implements SeiCarrier, LaboratoryOutbox {
  readonly name = "schedule";
  readonly limits = defaultCarrierLimits;
  readonly #schedule: Schedule;
  #waiting: Part[] = [];
  #entries: Entry[] = [];
  #index = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  open(): ReturnType<SeiCarrier["open"]> {
    return {
      offer: (parts) => this.#waiting.push(...parts),
      withdraw: () => {},
      [Symbol.dispose]: () => {},
    };
  }

  take(frame: OutgoingFrame): readonly Uint8Array[] {
    const { offsets, keyFrames } = this.#schedule;
    const last = offsets.at(-1) ?? 0;
    for (const part of this.#waiting) {
      const { rtpTimestamp: firstTimestamp } = frame;
      this.#entries.push({ part, firstIndex: this.#index, firstTimestamp, keyFramesLeft: keyFrames });
    }
    this.#waiting = [];
    const chosen = this.#entries.filter((entry) => {
      const behind = this.#index - entry.firstIndex;
      if (offsets.includes(behind)) return true;
      if (!frame.isKeyFrame || behind < last || entry.keyFramesLeft === 0) return false;
      entry.keyFramesLeft -= 1;
      return true;
    });
    this.#index += 1;
    this.#entries = this.#entries.filter(
      ({ firstIndex, keyFramesLeft }) =>
        this.#index - firstIndex <= last || (keyFramesLeft > 0 && this.#index - firstIndex < 150),
    );
    if (chosen.length === 0) return [];
    return [
      buildSei(
        chosen.map(({ part, firstTimestamp }) => {
          const payload = buildUserDataUnregistered(part);
          const age = (frame.rtpTimestamp - firstTimestamp) >>> 0;
          if (part.ageOffset !== undefined) new DataView(payload.buffer).setUint32(16 + part.ageOffset, age);
          return { payloadType: 5, payload };
        }),
      ),
    ];
  }

  commit(): void {}
}
