import { AnnexBSplitter } from "@inband/h264";
import { isFirstSlice, readSei, type SeiSink, type UserDataPlace } from "@inband/stream";

/** Reads the messages of one byte stream (ITU-T H.264 annex B) that arrives in pieces cut anywhere. */
export class ByteStreamReader {
  readonly #sink: SeiSink;
  readonly #splitter = new AnnexBSplitter();

  constructor(sink: SeiSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes. A NAL unit that ends in them gets this place. */
  read(bytes: Uint8Array, place: UserDataPlace): void {
    for (const nal of this.#splitter.push(bytes)) {
      readSei(this.#sink, nal, place);
      if (isFirstSlice(nal, 0)) this.#sink.accessUnits(1);
    }
  }
}
