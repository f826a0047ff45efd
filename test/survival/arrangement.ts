import { type AccessUnit, buildSei, buildUserDataUnregistered, insertSei, NalUnitType } from "@inband/h264";
import type { ProbeMessage, SentMessage } from "@inband/media/probe";

/** How messages are put into one access unit: a column of the map. */
export interface Arrangement {
  /** The head of its column. */
  readonly name: string;
  /** What it is, for the legend. */
  readonly meaning: string;
  /** Whether it needs a key frame; the others take the pictures between. */
  readonly isForKeyFrames?: boolean;
  /** Bytes behind the UUID. @defaultValue 100 */
  readonly payloadBytes?: number;
  /** @defaultValue "counting" */
  readonly content?: ProbeMessage["content"];
  /** @defaultValue 5, user_data_unregistered */
  readonly payloadType?: number;
  /** The access unit with the messages that `next` gives. */
  arrange(accessUnit: AccessUnit, next: () => ProbeMessage): Arranged;
}

/** An access unit with messages. */
export interface Arranged {
  /** NAL units of an access unit that comes half a picture before. */
  readonly ahead?: readonly Uint8Array[];
  readonly nalUnits: readonly Uint8Array[];
  readonly messages: readonly SentMessage[];
}

/** filler_payload (ITU-T H.264 D.1.4), which decoders ignore. */
const filler = { payloadType: 3, payload: new Uint8Array(4).fill(0xff) };
/** primary_pic_type 7: any slices. */
const delimiter = Uint8Array.of(NalUnitType.AccessUnitDelimiter, 0xf0);

/** A SEI NAL unit of messages of the probe, and where they are in it. */
function seiOf(messages: readonly ProbeMessage[], nalUnit = 0, before: readonly (typeof filler)[] = []) {
  const nal = buildSei([
    ...before,
    ...messages.map((message) => ({
      payloadType: message.payloadType,
      payload: buildUserDataUnregistered(message),
    })),
  ]);
  const messagesInNalUnit = messages.length + before.length;
  const sent = messages.map((message, index) => ({
    ...message,
    nalUnit,
    place: before.length + index,
    messagesInNalUnit,
  }));
  return { nal, sent };
}

/** One message in one NAL unit, in front of the first slice. */
const alone: Arrangement["arrange"] = (accessUnit, next) => {
  const { nal, sent } = seiOf([next()]);
  return { nalUnits: insertSei(accessUnit, [nal]).nalUnits, messages: sent };
};

/** Where H.264 allows SEI, in the ways in which senders are seen to write it. */
export const legalArrangements: readonly Arrangement[] = [
  { name: "alone", meaning: "alone in its NAL unit, in front of the slice", arrange: alone },
  {
    name: "three in one",
    meaning: "with two others in one NAL unit",
    arrange(accessUnit, next) {
      const { nal, sent } = seiOf([next(), next(), next()]);
      return { nalUnits: insertSei(accessUnit, [nal]).nalUnits, messages: sent };
    },
  },
  {
    name: "behind another",
    meaning: "behind a message of another type in the same NAL unit",
    arrange(accessUnit, next) {
      const { nal, sent } = seiOf([next()], 0, [filler]);
      return { nalUnits: insertSei(accessUnit, [nal]).nalUnits, messages: sent };
    },
  },
  {
    name: "two NAL units",
    meaning: "in the first or the second of two NAL units",
    arrange(accessUnit, next) {
      const first = seiOf([next()]);
      const second = seiOf([next()], 1);
      const messages = [...first.sent, ...second.sent];
      return { nalUnits: insertSei(accessUnit, [first.nal, second.nal]).nalUnits, messages };
    },
  },
  {
    name: "behind AUD",
    meaning: "behind an access unit delimiter",
    arrange({ nalUnits }, next) {
      const { nal, sent } = seiOf([next()]);
      return { nalUnits: [delimiter, nal, ...nalUnits], messages: sent };
    },
  },
  {
    name: "before SPS",
    meaning: "in front of the parameter sets of a key frame",
    isForKeyFrames: true,
    arrange({ nalUnits }, next) {
      const { nal, sent } = seiOf([next()]);
      return { nalUnits: [nal, ...nalUnits], messages: sent };
    },
  },
  {
    name: "behind PPS",
    meaning: "between the parameter sets of a key frame and its slice",
    isForKeyFrames: true,
    arrange: alone,
  },
  {
    name: "type 4",
    meaning: "alone, under payload type 4, user_data_registered_itu_t_t35",
    payloadType: 4,
    arrange: alone,
  },
  { name: "type 243", meaning: "alone, under payload type 243, as ZEGO sends", payloadType: 243, arrange: alone },
  {
    name: "type 300",
    meaning: "alone, under payload type 300, which takes two bytes",
    payloadType: 300,
    arrange: alone,
  },
];

/** Behind the slice: H.264 7.4.1.2.3 has SEI in front of the primary coded picture; the Millicast SDK writes it so. */
export const behindSlice: Arrangement = {
  name: "behind slice",
  meaning: "behind the slice, which H.264 7.4.1.2.3 forbids",
  arrange({ nalUnits }, next) {
    const { nal, sent } = seiOf([next()]);
    return { nalUnits: [...nalUnits, nal], messages: sent };
  },
};

/** nal_ref_idc 3, where H.264 7.4.1 has 0: header 66, as the Millicast SDK writes it. */
export const referenceHeader: Arrangement = {
  name: "nal_ref_idc 3",
  meaning: "alone, under the header 66, where H.264 7.4.1 has 06",
  arrange(accessUnit, next) {
    const { nal, sent } = seiOf([next()]);
    nal[0] = 0x60 | NalUnitType.Sei;
    return { nalUnits: insertSei(accessUnit, [nal]).nalUnits, messages: sent };
  },
};

/** An access unit of SEI alone: 7.4.1.2.3 asks for a primary coded picture in each. */
export const apart: Arrangement = {
  name: "apart",
  meaning:
    "in an access unit of its own half a picture earlier, which H.264 7.4.1.2.3 forbids and drones of DJI send; kept is there, or with the picture behind it",
  arrange({ nalUnits }, next) {
    const { nal, sent } = seiOf([next()]);
    return { ahead: [nal], nalUnits, messages: sent };
  },
};

const uuidBytes = 16;

/** payloadSize, UUID included: on both sides of where it takes a second byte (7.3.2.3.1), and of what servers limit. */
export const sizes: readonly Arrangement[] = [16, 17, 254, 255, 256, 1000, 4000].map((payloadSize) => ({
  name: String(payloadSize),
  meaning: `payloadSize ${payloadSize}`,
  payloadBytes: payloadSize - uuidBytes,
  arrange: alone,
}));

/** Bytes that need emulation prevention. */
export const awkwardContents: readonly Arrangement[] = [
  { name: "1000 of zeros", content: "zeros" as const },
  { name: "1000 of start codes", content: "start-codes" as const },
].map(({ name, content }) => ({ name, meaning: name, content, payloadBytes: 1000 - uuidBytes, arrange: alone }));

export const largest: Arrangement = {
  name: "60 000",
  meaning: "payloadSize 60000, on every fourth picture",
  payloadBytes: 60_000 - uuidBytes,
  arrange: alone,
};
