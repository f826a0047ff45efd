import { buildSei, buildUserDataUnregistered, parseUuid, type SeiMessage, SeiPayloadType } from "@inband/h264";
import type { ProbeMessage } from "./probe-message.ts";
import type { SentMessage } from "./probed-picture.ts";

/** SEI NAL units for one access unit, and where the messages are in them. */
export interface LaidOut {
  readonly nalUnits: readonly Uint8Array[];
  readonly messages: readonly SentMessage[];
  readonly others: number;
}

/** A place in a NAL unit: one for a message of the probe, or for another. */
type Slot = "message" | "other" | "banner";

/** Each access unit takes the next: NAL units, and what is in each of them. */
const layouts: readonly (readonly (readonly Slot[])[])[] = [
  [["message"]],
  [["message"], ["message"]],
  [["message", "message", "message"]],
  [["other", "message"]],
  [],
  [["other"], ["message"]],
  [["banner"], ["message"], ["message", "message"]],
];

/** filler_payload (D.1.4): allowed in any access unit. */
const fillerPayload: SeiMessage = { payloadType: 3, payload: Uint8Array.of(0xff, 0xff, 0xff, 0xff) };
/** recovery_point (D.1.8) of what every IDR picture is: recovery_frame_cnt 0, exact_match_flag 1, not broken. */
const recoveryPoint: SeiMessage = { payloadType: SeiPayloadType.RecoveryPoint, payload: Uint8Array.of(0xc4) };
export const bannerUuid: Uint8Array = parseUuid("dc45e9bd-e6d9-48b7-962c-d820d923eeef");
/** What x264 puts in front of a stream has this UUID and text; decoders read a version out of it where it names one. */
const banner: SeiMessage = {
  payloadType: SeiPayloadType.UserDataUnregistered,
  payload: buildUserDataUnregistered({
    uuid: bannerUuid,
    payload: new TextEncoder().encode("options: beside the messages of a probe\0"),
  }),
};

/** Payload types of the messages beside those of the probe. */
export const otherPayloadTypes: readonly number[] = [fillerPayload.payloadType, recoveryPoint.payloadType];

/** The SEI of the access unit of this index. */
export function layOut(index: number, isKeyFrame: boolean, next: () => ProbeMessage): LaidOut {
  const layout = layouts[index % layouts.length] as (typeof layouts)[number];
  const messages: SentMessage[] = [];
  let others = 0;
  const nalUnits = layout.map((slots, nalUnit) =>
    buildSei(
      slots.map((slot, place) => {
        if (slot !== "message") {
          others += 1;
          if (slot === "banner") return banner;
          return isKeyFrame ? recoveryPoint : fillerPayload;
        }
        const message = { ...next(), nalUnit, place, messagesInNalUnit: slots.length };
        messages.push(message);
        return { payloadType: message.payloadType, payload: buildUserDataUnregistered(message) };
      }),
    ),
  );
  return { nalUnits, messages, others };
}
