import { type CopySchedule, type Message, type MessagePayload, measureSei } from "@inband/stream";
import {
  createMessageId,
  EnvelopeFlag,
  encodeMessage,
  type MessageHeader,
  type Profile,
  WireError,
} from "@inband/wire";
import { PublishError } from "./publish-error.ts";
import type { PublishOptions } from "./publish-options.ts";
import type { PublisherSettings } from "./publisher-options.ts";

/** A value as payloads. */
export interface EncodedPayloads {
  readonly payloads: readonly MessagePayload[];
  /** How many bytes of them are the value. */
  readonly valueBytes: number;
}

/** Encodes the messages of one publisher under its profile, as one source. */
export class MessageEncoder {
  readonly #settings: PublisherSettings;
  readonly #source: number;
  readonly #random: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;

  /** `random` takes the place of `crypto.getRandomValues`. */
  constructor(settings: PublisherSettings, random?: (bytes: Uint8Array<ArrayBuffer>) => unknown) {
    this.#settings = settings;
    this.#random = random;
    const source = new Uint8Array(4);
    if (random === undefined) crypto.getRandomValues(source);
    else random(source);
    this.#source = new DataView(source.buffer).getUint32(0);
  }

  get profile(): Profile {
    return this.#settings.profile;
  }

  /** An id for a message that is published now, by the wall clock. */
  createId(nowMs: number): string {
    return createMessageId({ nowMs, ...(this.#random === undefined ? {} : { random: this.#random }) });
  }

  /**
   * The message that carries a value, and how many bytes the value takes; its time begins now by the clock of
   * `Message.expiresAtMs`.
   *
   * @throws TypeError for a value that the profile cannot carry; RangeError for a long topic; PublishError
   * `payload-too-large`.
   */
  message(
    value: unknown,
    { id, sequence, nowMs }: { readonly id: string; readonly sequence: number; readonly nowMs: number },
    options: PublishOptions,
  ): { message: Message; valueBytes: number } {
    const { profile, copies, keyFrameCopies, expiresAfterMs } = this.#settings;
    const { topic, timestamp, retain } = options;
    const flags = retain ? EnvelopeFlag.Retained : 0;
    const header = { id, sequence, flags, ...(topic === undefined ? {} : { topic }) };
    const { payloads, valueBytes } = fitting(() => this.encode(value, header));
    const schedule: CopySchedule = {
      copies: options.copies ?? copies,
      keyFrameCopies,
      ...(profile.copiesWithinMs === undefined ? {} : { withinMs: profile.copiesWithinMs }),
    };
    const message: Message = {
      id,
      uuid: profile.uuid,
      payloads,
      schedule,
      priority: options.priority ?? 1,
      expiresAtMs: nowMs + (options.expiresAfterMs ?? expiresAfterMs),
      alone: profile.alone,
      ...(timestamp === undefined ? {} : { timestamp }),
    };
    return { message, valueBytes };
  }

  /** @throws TypeError, RangeError or WireError where the profile cannot carry it. */
  encode(value: unknown, header: Omit<MessageHeader, "source">): EncodedPayloads {
    const { uuid } = this.profile;
    let valueBytes = 0;
    const payloads = encodeMessage(this.profile, value, { ...header, source: this.#source }).map(
      ({ payload: bytes, ageOffset, valueBytes: ofPayload = bytes.length }): MessagePayload => {
        valueBytes += ofPayload;
        const seiBytes = measureSei(uuid, bytes);
        return ageOffset === undefined ? { bytes, seiBytes } : { bytes, ageOffset, seiBytes };
      },
    );
    return { payloads, valueBytes };
  }
}

/** Encodes; what is too large is the caller's to act on. */
export function fitting<Encoded>(encode: () => Encoded): Encoded {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== "payload-too-large") throw error;
    const { limitBytes, actualBytes } = error;
    throw new PublishError("payload-too-large", error.message, { limitBytes, actualBytes, cause: error });
  }
}
