import { readUserData } from "@inband/h264";
import { forEachSei } from "@inband/h264/rtp";
import type { SeiSink, UserDataPlace } from "./feed.ts";
import { FragmentedSei } from "./fragmented-sei.ts";
import { RtpAccessUnits, type RtpPosition } from "./rtp-access-units.ts";

/**
 * Reads the messages of one RTP stream of H.264 straight from its payloads, in any order: a message does not wait for the
 * rest of its access unit, for lost packets or for a key frame.
 */
export class RtpSeiReader {
  readonly #stream: string;
  readonly #sink: SeiSink;
  readonly #fragments = new FragmentedSei();
  readonly #accessUnits = new RtpAccessUnits();
  readonly #visit: (nal: Uint8Array) => void;
  #place: UserDataPlace;

  constructor(stream: string, sink: SeiSink) {
    this.#stream = stream;
    this.#sink = sink;
    this.#place = { stream };
    const deliver = (uuid: Uint8Array, payload: Uint8Array): void => sink.userData({ uuid, payload }, this.#place);
    this.#visit = (nal) => void readUserData(nal, deliver);
  }

  /** Takes a payload that is not empty. Never throws for any bytes; the payload must not change afterwards. */
  read(position: RtpPosition, payload: Uint8Array): void {
    const { sequenceNumber, timestamp } = position;
    if (this.#place.rtpTimestamp !== timestamp) this.#place = { stream: this.#stream, rtpTimestamp: timestamp };
    if (this.#accessUnits.count(position, payload) > 0) this.#sink.accessUnits(1, this.#place);
    const type = (payload[0] as number) & 31;
    // Single NAL unit SEI, STAP-A and FU-A: all else is slices and parameter sets.
    if (type !== 6 && type !== 24 && type !== 28) return;
    if (forEachSei(payload, this.#visit)) return;
    const nal = this.#fragments.push(sequenceNumber, timestamp, payload);
    if (nal) this.#visit(nal);
  }
}
