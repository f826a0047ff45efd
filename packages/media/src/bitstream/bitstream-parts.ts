import type { Finding } from "@inband/h264";
import type { Bitstream, StoredNalUnits } from "./bitstream.ts";

/** What a {@link Bitstream} is made of. */
export interface BitstreamParts {
  readonly format: string;
  readonly framing: Bitstream["framing"];
  readonly lengthSize?: number;
  readonly parameterSets?: readonly Uint8Array[];
  readonly sizeBytes: number | undefined;
  /** Grows while `read` runs. */
  readonly findings: Finding[];
  /** Reads the NAL units, and reports how many bytes it has read in all. */
  read(moved: (bytes: number) => void): AsyncIterable<StoredNalUnits>;
  close(): Promise<void>;
}

/** A bitstream of its parts: read once, ended by the signal, freed at the end. */
export function bitstreamOf(parts: BitstreamParts, signal: AbortSignal | undefined): Bitstream {
  const { format, framing, lengthSize, parameterSets = [], sizeBytes, findings } = parts;
  let closing: Promise<void> | undefined;
  let readBytes = 0;
  const close = (): Promise<void> => {
    closing ??= parts.close();
    return closing;
  };
  const groups = async function* (): AsyncGenerator<StoredNalUnits, void, undefined> {
    try {
      const moved = (bytes: number): void => {
        readBytes = Math.max(readBytes, Math.min(bytes, sizeBytes ?? bytes));
      };
      for await (const group of parts.read(moved)) {
        signal?.throwIfAborted();
        if (closing !== undefined) return;
        yield group;
      }
    } finally {
      await close();
    }
  };
  return {
    ...{ format, framing, parameterSets, sizeBytes, findings },
    ...(lengthSize === undefined ? {} : { lengthSize }),
    get readBytes() {
      return readBytes;
    },
    close,
    [Symbol.asyncIterator]: groups,
    [Symbol.asyncDispose]: close,
  };
}

/** An input without anything to read; the findings say why. */
export function openUnreadable(format: string, sizeBytes: number | undefined, findings: readonly Finding[]): Bitstream {
  const read = async function* (): AsyncGenerator<StoredNalUnits, void, undefined> {};
  const close = async (): Promise<void> => undefined;
  return bitstreamOf({ format, framing: "none", sizeBytes, findings: [...findings], read, close }, undefined);
}
