/** Bytes of the header of a file, with the length of the tag before the first. Adobe FLV 10.1, E.2 and E.3. */
const fileHeaderBytes = 13;
/** Bytes of a tag before its data, and of the length behind them. Adobe FLV 10.1, E.4.1. */
const tagHeaderBytes = 11;
const tagTrailerBytes = 4;
const videoTag = 9;
/** Bytes before a sample: frame type and codec, AVCPacketType, CompositionTime. Adobe FLV 10.1, E.4.3. */
const sampleOffset = 5;
const nalUnitsPacket = 1;

/**
 * Reads the access units of H.264 out of FLV that FFmpeg writes into a pipe: a container that says how long each is, so that
 * one is complete without the beginning of the next.
 */
export class FlvAccessUnits {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #needed = fileHeaderBytes;
  #isBehindHeader = false;

  /** Takes bytes; returns the access units that are complete by them, as Annex B, each in a fresh buffer. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const accessUnits: Uint8Array[] = [];
    while (this.#length >= this.#needed) {
      const bytes = this.#joined();
      if (!this.#isBehindHeader) {
        this.#isBehindHeader = true;
        this.#keep(bytes.subarray(fileHeaderBytes));
        continue;
      }
      const size = tagHeaderBytes + (((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
      this.#needed = size + tagTrailerBytes;
      if (bytes.length < this.#needed) break;
      const data = bytes.subarray(tagHeaderBytes, size);
      if (((bytes[0] ?? 0) & 0x1f) === videoTag && data[1] === nalUnitsPacket) {
        accessUnits.push(annexBOf(data.subarray(sampleOffset)));
      }
      this.#keep(bytes.subarray(this.#needed));
    }
    return accessUnits;
  }

  #joined(): Uint8Array {
    const [only, ...more] = this.#chunks;
    const bytes = only !== undefined && more.length === 0 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }

  #keep(rest: Uint8Array): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    this.#needed = tagHeaderBytes;
  }
}

/** A sample with lengths of four bytes, as FFmpeg writes them: a start code takes as many. */
function annexBOf(sample: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(sample);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint32(at);
    view.setUint32(at, 1);
    at += 4 + length;
  }
  return bytes;
}
