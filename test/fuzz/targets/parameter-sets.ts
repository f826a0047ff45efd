import {
  type AvcConfig,
  buildAvcConfig,
  H264Error,
  parseAvcConfig,
  parsePps,
  parseSliceHeader,
  parseSps,
  readAvcConfig,
  splitAnnexB,
} from "@inband/h264";
import { concat } from "@inband/rig/hostile-bytes";
import { pps, slice, sps } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, sameLists, strict, type Target } from "../target.ts";

const code = [0, 0, 0, 1];

/** Parameter sets and slices as a byte stream: every slice is read by every pair of parameter sets. */
export const parameterSetsTarget: Target = {
  name: "parameter-sets",
  make: (random) =>
    concat([code, sps(random, 0), code, pps(random, 0, 0), code, slice(random, 0), code, slice(random, 0)]),
  check(bytes) {
    const nals = splitAnnexB(bytes).slice(0, 16);
    const parsed = nals.map((nal) => ({
      nal,
      sps: strict(H264Error, () => parseSps(nal)),
      pps: strict(H264Error, () => parsePps(nal)),
    }));
    for (const { nal } of parsed) {
      for (const { sps } of parsed) {
        for (const { pps } of parsed) {
          if (sps && pps) strict(H264Error, () => parseSliceHeader(nal, sps, pps));
        }
      }
    }
    const sets = {
      sps: parsed.filter((set) => set.sps && ((set.nal[0] as number) & 31) === 7).map(({ nal }) => nal),
      pps: parsed.filter((set) => set.pps).map(({ nal }) => nal),
    };
    for (const { sps } of parsed) {
      if (sps) holds(sps.width > 0 && sps.height > 0 && Number.isSafeInteger(sps.codedHeight), "a size");
    }
    if (sets.sps.length === 0) return;
    const config = parseAvcConfig(buildAvcConfig(sets));
    sameLists(config.sps, sets.sps, "the SPS of the configuration");
    sameLists(config.pps, sets.pps, "the PPS of the configuration");
  },
};

/** AVC configuration records. */
export const avcConfigTarget: Target = {
  name: "avc-config",
  make(random) {
    const first = sps(random, 0);
    const record = buildAvcConfig({
      sps: random.oneIn(4) ? [first, sps(random, 1)] : [first],
      pps: random.oneIn(4) ? [] : [pps(random, 0, 0)],
      spsExtensions: random.oneIn(8) ? [Uint8Array.of(0x6d, 0x80)] : [],
      lengthSize: random.pick([1, 2, 4]),
    });
    return random.oneIn(4) ? record.slice(0, random.integer(0, record.length)) : record;
  },
  check(bytes) {
    const record = new Input(bytes).rest();
    const read = readAvcConfig(record);
    const config = strict(H264Error, () => parseAvcConfig(record));
    if (config === undefined) return;
    sameLists(read.parameterSets, [...config.sps, ...config.pps], "the parameter sets that the tolerant reader finds");
    holds(read.lengthSize === config.lengthSize, "the length size that the tolerant reader finds");
    const built = strict(H264Error, () => rebuild(config));
    if (built === undefined) return;
    const again = parseAvcConfig(built);
    sameLists(again.sps, config.sps, "the SPS of a record built anew");
    sameLists(again.pps, config.pps, "the PPS of a record built anew");
    holds(again.lengthSize === config.lengthSize, "the length size of a record built anew");
  },
};

/** A record may hold any NAL units as parameter sets; the builder takes parameter sets alone. */
function rebuild(config: AvcConfig): Uint8Array | undefined {
  try {
    return buildAvcConfig(config);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
