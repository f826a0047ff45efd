import { buildSei, buildUserDataUnregistered, type SeiMessage } from "@inband/h264";
import {
  type CarrierEvents,
  defaultCarrierLimits,
  type Message,
  type MessagePayload,
  type OutgoingFrame,
  type SeiCarrier,
} from "@inband/stream";

/** As in the library: a SEI NAL unit goes into one RTP packet. */
const maxSharedNalUnitBytes = 1100;

/** On which access units the copies of a message go. */
export interface Schedule {
  /** How many access units behind the first, ascending, 0 first. */
  readonly offsets: readonly number[];
  /** On how many of the next key frames, for 5 s. */
  readonly keyFrames: number;
  /** Which messages a key frame carries where it has not room for all. Default: the newest, as in the library. */
  readonly keyFrameChoice?: "newest" | "oldest";
}

interface Entry {
  readonly message: Message;
  readonly payload: MessagePayload;
  /** Of its SEI NAL unit. */
  readonly bytes: number;
  readonly firstIndex: number;
  readonly firstTimestamp: number;
  keyFramesLeft: number;
}

/** Where a carrier of the laboratory takes its SEI NAL units from. */
export interface LaboratoryOutbox {
  take(frame: OutgoingFrame): readonly Uint8Array[];
  commit(): void;
}

/**
 * A carrier for any schedule, to compare with the outbox of the library, which has one. For messages of which only the
 * copies on key frames come near the limit on an access unit. As in the library they are written in the order of
 * publishing, whichever of them are chosen.
 */
export class ScheduleCarrier implements SeiCarrier, LaboratoryOutbox {
  readonly name = "schedule";
  readonly limits = defaultCarrierLimits;
  readonly #schedule: Schedule;
  #events: CarrierEvents | undefined;
  #waiting: Message[] = [];
  #entries: Entry[] = [];
  #index = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  open(events: CarrierEvents): ReturnType<SeiCarrier["open"]> {
    this.#events = events;
    return {
      offer: (message) => this.#waiting.push(message),
      withdraw: () => {},
      [Symbol.dispose]: () => {},
    };
  }

  take(frame: OutgoingFrame): readonly Uint8Array[] {
    const { offsets, keyFrames, keyFrameChoice = "newest" } = this.#schedule;
    const last = offsets.at(-1) ?? 0;
    for (const message of this.#waiting) {
      const { rtpTimestamp: firstTimestamp } = frame;
      const keyFramesLeft = message.standing === undefined ? keyFrames : 0;
      for (const payload of message.payloads) {
        const bytes = seiBytes(message, payload);
        this.#entries.push({ message, payload, bytes, firstIndex: this.#index, firstTimestamp, keyFramesLeft });
      }
    }
    this.#waiting = [];
    // A heartbeat goes once.
    const chosen = this.#entries.filter(({ message, firstIndex }) =>
      message.standing === undefined ? offsets.includes(this.#index - firstIndex) : firstIndex === this.#index,
    );
    let left = chosen.reduce((rest, { bytes }) => rest - bytes, this.limits.bytesPerAccessUnit);
    const waiting = keyFrameChoice === "newest" ? this.#entries.toReversed() : this.#entries;
    for (const entry of frame.isKeyFrame ? waiting : []) {
      if (this.#index - entry.firstIndex <= last || entry.keyFramesLeft === 0 || entry.bytes > left) continue;
      left -= entry.bytes;
      entry.keyFramesLeft -= 1;
      chosen.push(entry);
    }
    chosen.sort((a, b) => a.firstIndex - b.firstIndex);
    for (const { message, firstIndex } of this.#entries) {
      if (message.standing === undefined && this.#index - firstIndex === last) this.#sent(message.id, offsets.length);
    }
    this.#index += 1;
    this.#entries = this.#entries.filter(
      ({ firstIndex, keyFramesLeft }) =>
        this.#index - firstIndex <= last || (keyFramesLeft > 0 && this.#index - firstIndex < 150),
    );
    const nals: Uint8Array[] = [];
    let messages: SeiMessage[] = [];
    let bytes = 0;
    for (const { message, payload: own, bytes: ownBytes, firstTimestamp } of chosen) {
      if (messages.length > 0 && bytes + ownBytes > maxSharedNalUnitBytes) {
        nals.push(buildSei(messages));
        messages = [];
        bytes = 0;
      }
      const payload = buildUserDataUnregistered({ uuid: message.uuid, payload: own.bytes });
      const age = (frame.rtpTimestamp - firstTimestamp) >>> 0;
      if (own.ageOffset !== undefined) new DataView(payload.buffer).setUint32(16 + own.ageOffset, age);
      messages.push({ payloadType: 5, payload });
      bytes += ownBytes;
    }
    if (messages.length > 0) nals.push(buildSei(messages));
    return nals;
  }

  commit(): void {}

  /** Heartbeats speak of what has been sent. */
  #sent(messageId: string, copies: number): void {
    const streams = [{ stream: "video", copies, bytes: 0, rtpTimestamps: [] }];
    this.#events?.sent([{ messageId, outcome: "sent", streams }]);
  }
}

function seiBytes({ uuid }: Message, { bytes }: MessagePayload): number {
  return buildSei([{ payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload: bytes }) }]).length;
}
