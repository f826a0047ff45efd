import { NalUnitType, nalUnitType, parseSei, splitAnnexB, splitFramed } from "@inband/h264";
import { type DecoderConfiguration, decoderConfiguration } from "./decoder-configuration.ts";
import { ParameterSets } from "./parameter-sets.ts";

/** payloadType of recovery_point (ITU-T H.264 D.1.8). */
const recoveryPoint = 6;

/** A sample as a container keeps it. */
export interface StoredSample {
  readonly data: Uint8Array;
  /** Whether the container says that decoders may begin here. */
  readonly isSync: boolean;
  /** The configuration that holds from this sample on, where it is another. */
  readonly configuration: Uint8Array | undefined;
}

/**
 * Reads the NAL units of samples as a container keeps them, by the newest configuration, and puts its parameter sets in
 * band.
 */
export class NalUnitReader {
  readonly #sets = new ParameterSets();
  #lengthSize = 0;
  /** Whether the next picture shows the sets of a configuration that no picture has shown. */
  #isNew = true;

  constructor(configuration: Uint8Array | undefined) {
    this.#configure(decoderConfiguration(configuration));
  }

  /**
   * Views of the NAL units of one sample. Where decoders may begin, at an IDR picture, a recovery point or what the
   * container calls a sync sample (ISO/IEC 14496-12 8.6.2), and at the first picture of a configuration, the sets in
   * force are added.
   */
  read({ data, isSync, configuration }: StoredSample): { nalUnits: readonly Uint8Array[]; isKeyFrame: boolean } {
    if (configuration !== undefined) this.#configure(decoderConfiguration(configuration));
    const stored = splitSample(data, this.#lengthSize);
    const nalUnits = this.#lengthSize === 0 ? stored : stored.flatMap((framed) => splitFramed(framed));
    this.#sets.remember(nalUnits);
    const isKeyFrame = nalUnits.some((nal) => nalUnitType(nal) === NalUnitType.SliceIdr);
    if (nalUnits.length === 0 || !(isKeyFrame || isSync || this.#isNew || nalUnits.some(isRecoveryPoint))) {
      return { nalUnits, isKeyFrame };
    }
    this.#isNew = false;
    return { nalUnits: this.#sets.addTo(nalUnits), isKeyFrame };
  }

  #configure({ lengthSize, parameterSets }: DecoderConfiguration): void {
    this.#lengthSize = lengthSize;
    this.#sets.configure(parameterSets);
    this.#isNew = true;
  }
}

function isRecoveryPoint(nal: Uint8Array): boolean {
  if (nalUnitType(nal) !== NalUnitType.Sei) return false;
  try {
    return parseSei(nal).some(({ payloadType }) => payloadType === recoveryPoint);
  } catch {
    return false;
  }
}

/**
 * The NAL units of a sample, which has lengths of `lengthSize` bytes or, where that is 0, start codes. Some writers put
 * byte streams behind a configuration that announces lengths; decoders read them, and so does this.
 *
 * A length that leads past the end of the sample ends it: what was whole before it is kept, and `broken` is told where
 * the length stands.
 */
export function splitSample(
  sample: Uint8Array,
  lengthSize: number,
  broken: (offset: number) => void = () => undefined,
): Uint8Array[] {
  if (lengthSize === 0) return splitAnnexB(sample);
  let brokenAt = -1;
  const nalUnits = splitLengths(sample, lengthSize, (offset) => {
    brokenAt = offset;
  });
  if (brokenAt < 0) return nalUnits;
  if (beginsWithStartCode(sample)) return splitAnnexB(sample);
  broken(brokenAt);
  return nalUnits;
}

function beginsWithStartCode([a, b, c, d]: Uint8Array): boolean {
  return a === 0 && b === 0 && (c === 1 || (c === 0 && d === 1));
}

/** As {@link splitSample}, for lengths alone. */
export function splitLengths(sample: Uint8Array, lengthSize: number, broken: (offset: number) => void): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < sample.length) {
    const start = at + lengthSize;
    let size = 0;
    for (let index = at; index < start; index++) size = size * 256 + (sample[index] ?? 0);
    if (start > sample.length || size > sample.length - start) {
      broken(at);
      break;
    }
    if (size > 0) nals.push(sample.subarray(start, start + size));
    at = start + size;
  }
  return nals;
}
