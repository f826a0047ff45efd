import { buildSei, buildUserDataSei, buildUserDataUnregistered, type SeiMessage } from "@inband/h264";
import type { MessagePayload } from "./message.ts";
import { nalUnitOverheadBytes, type OfferedMessage } from "./offered-message.ts";

/** SEI payloadType of user_data_unregistered (ITU-T H.264 D.1.7). */
const userDataUnregisteredType = 5;

/** Messages share a SEI NAL unit up to this size, so that it goes into one RTP packet. */
const maxSharedNalUnitBytes = 1100;

/** Payloads of one message on an access unit. */
export interface CarriedPayloads {
  readonly offered: OfferedMessage;
  /** Index of the first one. */
  readonly first: number;
  readonly count: number;
  /** As `OfferedMessage.age` has it. */
  readonly age: number;
}

/**
 * What a payload takes as an escaped SEI message, in bytes, to be given as `MessagePayload.seiBytes`. Its age has to be zero
 * there: zeros take the most emulation prevention bytes.
 *
 * @throws RangeError when the UUID does not have 16 bytes.
 */
export function measureSei(uuid: Uint8Array, payload: Uint8Array): number {
  return buildUserDataSei({ uuid, payload }).length - nalUnitOverheadBytes;
}

/**
 * The SEI NAL units of one access unit, escaped: messages share them where they may. They are in the order in which they
 * were published, so that a receiver that begins with this access unit reads the messages of each topic in the order of
 * their sequence, whatever was left out. Sorts `carried` in place.
 */
export function seiNalUnits(carried: CarriedPayloads[]): Uint8Array[] {
  if (carried.length > 1) carried.sort(byOrder);
  const nals = new SeiNalUnits();
  for (const each of carried) nals.add(each);
  return nals.finish();
}

/** A heartbeat counts the messages that it leaves with, so it goes behind them. */
function byOrder(a: CarriedPayloads, b: CarriedPayloads): number {
  return isHeartbeat(a) - isHeartbeat(b) || a.offered.order - b.offered.order;
}

function isHeartbeat({ offered }: CarriedPayloads): number {
  return offered.message.standing === "heartbeat" ? 1 : 0;
}

class SeiNalUnits {
  readonly #nals: Uint8Array[] = [];
  #shared: SeiMessage[] = [];
  #sharedBytes = nalUnitOverheadBytes;

  add({ offered: { message }, first, count, age }: CarriedPayloads): void {
    for (let index = first; index < first + count; index += 1) {
      const payload = message.payloads[index] as MessagePayload;
      const sei = seiMessage(message.uuid, payload, age);
      if (message.alone) {
        this.#nals.push(buildSei([sei]));
        continue;
      }
      const { seiBytes } = payload;
      if (this.#shared.length > 0 && this.#sharedBytes + seiBytes > maxSharedNalUnitBytes) this.#close();
      this.#shared.push(sei);
      this.#sharedBytes += seiBytes;
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

/** The age goes into a copy: all streams share the payload. */
function seiMessage(uuid: Uint8Array, { bytes, ageOffset }: MessagePayload, age: number): SeiMessage {
  const payload = buildUserDataUnregistered({ uuid, payload: bytes });
  if (ageOffset !== undefined) new DataView(payload.buffer).setUint32(16 + ageOffset, age);
  return { payloadType: userDataUnregisteredType, payload };
}
