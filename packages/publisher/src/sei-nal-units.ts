import { buildSei, buildUserDataUnregistered, type SeiMessage } from "@inband/h264";
import { nalUnitOverheadBytes, type OfferedMessage, userDataUnregisteredType } from "./offered-message.ts";
import type { Part } from "./part.ts";

/** Messages share a SEI NAL unit up to this size, so that it goes into one RTP packet. */
const maxSharedNalUnitBytes = 1100;

/** Parts of one message on an access unit. */
export interface CarriedParts {
  readonly message: OfferedMessage;
  readonly firstPart: number;
  readonly count: number;
  /** As `OfferedMessage.age` has it. */
  readonly age: number;
}

/**
 * The SEI NAL units of one access unit, escaped: parts share them where they may. They are in the order in which they
 * were published, so that a receiver that begins with this access unit reads the messages of each topic in the order of
 * their sequence, whatever was left out. Sorts `carried` in place.
 */
export function seiNalUnits(carried: CarriedParts[]): Uint8Array[] {
  if (carried.length > 1) carried.sort(byOrder);
  const nals = new SeiNalUnits();
  for (const each of carried) nals.add(each);
  return nals.finish();
}

/** A heartbeat speaks of the messages that it leaves with, so it goes behind them. */
function byOrder(a: CarriedParts, b: CarriedParts): number {
  const isHeartbeat = ({ message }: CarriedParts): number => (message.standing === "heartbeat" ? 1 : 0);
  return isHeartbeat(a) - isHeartbeat(b) || a.message.order - b.message.order;
}

class SeiNalUnits {
  readonly #nals: Uint8Array[] = [];
  #shared: SeiMessage[] = [];
  #sharedBytes = nalUnitOverheadBytes;

  add({ message, firstPart, count, age }: CarriedParts): void {
    for (let index = firstPart; index < firstPart + count; index += 1) {
      const part = message.parts[index] as Part;
      const sei = seiMessage(part, age);
      if (part.alone) {
        this.#nals.push(buildSei([sei]));
        continue;
      }
      const bytes = message.partBytes[index] as number;
      if (this.#shared.length > 0 && this.#sharedBytes + bytes > maxSharedNalUnitBytes) this.#close();
      this.#shared.push(sei);
      this.#sharedBytes += bytes;
    }
  }

  finish(): Uint8Array[] {
    if (this.#shared.length > 0) this.#close();
    return this.#nals;
  }

  #close(): void {
    this.#nals.push(buildSei(this.#shared));
    this.#shared = [];
    this.#sharedBytes = nalUnitOverheadBytes;
  }
}

/** The age goes into the outbox's own copy: the payload is shared by all streams. */
function seiMessage(part: Part, age: number): SeiMessage {
  const payload = buildUserDataUnregistered(part);
  if (part.ageOffset !== undefined) new DataView(payload.buffer).setUint32(16 + part.ageOffset, age);
  return { payloadType: userDataUnregisteredType, payload };
}
