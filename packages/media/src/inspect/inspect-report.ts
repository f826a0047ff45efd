import type { Finding } from "@inband/h264";

/** One user_data_unregistered message. */
export interface UserDataItem {
  /** With hyphens, in lower case. */
  readonly uuid: string;
  /** Size of the UUID and the payload. */
  readonly bytes: number;
  /** Hash of the UUID and the payload, in hexadecimal. */
  readonly sha256: string;
}

/** What is in a stream; `inband inspect --json` prints it. */
export interface InspectReport {
  /** The container or the framing, as `Bitstream.format` of `@inband/media`. */
  readonly format: string;
  /** Access units with a picture (ITU-T H.264 7.4.1.2.4). */
  readonly accessUnits: number;
  /** How many NAL units of each nal_unit_type are in the stream; those in a container's header are not counted. */
  readonly nalUnits: Readonly<Record<string, number>>;
  /** How many complete SEI messages of each payloadType. */
  readonly sei: Readonly<Record<string, number>>;
  /** In stored order. */
  readonly userData: readonly UserDataItem[];
  /** What is broken or could not be read, and with `lint` every violated rule; at most 100 of each. */
  readonly findings: readonly Finding[];
}
