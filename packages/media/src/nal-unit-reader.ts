import { NalUnitType, nalUnitType, ParameterSets, readSei, SeiPayloadType, splitFramed } from "@inband/h264";
import { type DecoderConfiguration, decoderConfiguration } from "./decoder-configuration.ts";
import { splitSample } from "./stored-sample.ts";

/** A sample as a container stores it. */
export interface StoredSample {
  readonly data: Uint8Array;
  /** Whether the container says that decoders may begin here. */
  readonly isSync: boolean;
  /** The configuration that holds from this sample on, where it changes. */
  readonly configuration: Uint8Array | undefined;
}

/**
 * Reads the NAL units of samples as a container stores them, by the newest configuration, and puts its parameter sets in
 * band.
 */
export class NalUnitReader {
  readonly #sets = new ParameterSets();
  #lengthSize = 0;
  /** Whether the configuration has parameter sets that no picture has carried yet. */
  #isNew = true;

  constructor(configuration: Uint8Array | undefined) {
    this.#configure(decoderConfiguration(configuration));
  }

  /**
   * Views of the NAL units of one sample. The sets in force are added where decoders may begin (at an IDR picture, a
   * recovery point, or what the container calls a sync sample, ISO/IEC 14496-12 8.6.2) and at the first picture of a
   * configuration.
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
  let isFound = false;
  readSei(nal, ({ payloadType }) => {
    if (payloadType === SeiPayloadType.RecoveryPoint) isFound = true;
  });
  return isFound;
}
