import { splitFramed } from "@inband/h264";
import { forEachSei } from "@inband/h264/rtp";
import { FragmentedSei } from "./fragmented-sei.ts";
import { readSei } from "./read-sei.ts";
import { RtpAccessUnits } from "./rtp-access-units.ts";
import type { SeiSink, UserDataPlace } from "./sei-feed.ts";

/**
 * Reads the messages of one RTP stream of H.264 directly from its payloads, in any order: a message does not wait for the
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
    this.#visit = (nal) => readSei(sink, nal, this.#place);
  }

  /** Takes a payload that is not empty and does not change afterwards. Does not throw for any bytes. */
  read(sequenceNumber: number, rtpTimestamp: number, payload: Uint8Array): void {
    if (this.#place.rtpTimestamp !== rtpTimestamp) this.#place = { stream: this.#stream, rtpTimestamp };
    if (this.#accessUnits.count(sequenceNumber, rtpTimestamp, payload) > 0) this.#sink.accessUnits(1, this.#place);
    const type = (payload[0] as number) & 31;
    // Slices, which most packets carry.
    if (type > 0 && type < 6) return;
    if (forEachSei(payload, this.#visit)) return;
    const framed = this.#fragments.push(sequenceNumber, rtpTimestamp, payload);
    if (framed) for (const nal of splitFramed(framed, "never")) this.#visit(nal);
  }
}
