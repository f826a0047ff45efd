import { buildSei, buildUserDataUnregistered, type SeiMessage } from "@inband/h264";
import { nalUnitOverheadBytes, type OfferedMessage, userDataUnregisteredType } from "./offered-message.ts";
import type { Part } from "./part.ts";

/** Messages share a SEI NAL unit up to this size, so that it goes into one RTP packet. */
const maxSharedNalUnitBytes = 1100;

/** The SEI NAL units of one access unit: parts share them where they may. */
export class SeiNalUnits {
  readonly #nals: Uint8Array[] = [];
  #shared: SeiMessage[] = [];
  #sharedBytes = nalUnitOverheadBytes;

  /** Adds parts of a message; `age` as `OfferedMessage.age` has it. */
  add(message: OfferedMessage, firstPart: number, count: number, age: number): void {
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

  /** The NAL units, escaped. */
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
