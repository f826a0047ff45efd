import { type AccessUnit, insertSei, isVclNalUnit } from "@inband/h264";
import { layOut } from "./probe-layout.ts";
import { checkProbeId, maxProbeMessages, probeMessage } from "./probe-message.ts";
import type { ProbedPicture } from "./probed-picture.ts";

/** Settings of a `Probe`. */
export interface ProbeOptions {
  /**
   * Names the probe in its messages: 6 lower-case letters and digits.
   *
   * @defaultValue a random one
   */
  readonly id?: string;
}

/** An access unit holds 4 at most; its slices are kept. */
const maxMessagesEach = 4;

/**
 * Puts numbered user_data_unregistered messages into access units and remembers what it put where.
 *
 * Sizes run from 0 to 1000 bytes; contents are zeros, start codes, FF, text and more; UUIDs are those of inband, Amazon
 * IVS and x264 among others; messages are alone in a NAL unit, several in one, in several, and behind the SEI of others.
 * They go behind the SEI that an access unit has. Some access units get none.
 */
export class Probe {
  /** Names it in its messages. */
  readonly id: string;
  readonly #pictures: ProbedPicture[] = [];
  #messages = 0;

  /** @throws RangeError that names the option. */
  constructor({ id = randomId() }: ProbeOptions = {}) {
    checkProbeId(id);
    this.id = id;
  }

  /** What was sent, in decoding order. */
  get pictures(): readonly ProbedPicture[] {
    return this.#pictures;
  }

  /** How many messages were sent. */
  get messages(): number {
    return this.#messages;
  }

  /**
   * The access unit with messages: a new list, no bytes copied. Its slices must not change until the probe is judged. An
   * access unit without slices is returned as it is.
   *
   * @throws RangeError after a million messages.
   */
  insert(accessUnit: AccessUnit): AccessUnit {
    const { timestamp, isKeyFrame } = accessUnit;
    const slices = accessUnit.nalUnits.filter(isVclNalUnit);
    if (slices.length === 0) return accessUnit;
    if (this.#messages + maxMessagesEach > maxProbeMessages) {
      throw new RangeError(`A probe sends ${maxProbeMessages} messages at most: make a new one`);
    }
    const { nalUnits, ...sent } = layOut(this.#pictures.length, isKeyFrame, () => {
      const message = probeMessage(this.id, this.#messages);
      this.#messages += 1;
      return message;
    });
    this.#pictures.push({ timestamp, isKeyFrame, slices, ...sent });
    return insertSei(accessUnit, nalUnits);
  }
}

function randomId(): string {
  const letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => letters[byte % letters.length]).join("");
}
