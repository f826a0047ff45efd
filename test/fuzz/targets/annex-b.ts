import {
  AnnexBSplitter,
  type AnnexBSplitterOptions,
  detectFormat,
  findSeiAnnexB,
  isVclNalUnit,
  joinAnnexB,
  lintAnnexB,
  nalUnitType,
  splitAnnexB,
} from "@inband/h264";
import { concat } from "@inband/rig/hostile-bytes";
import { Random } from "@inband/rig/random";
import { annexB } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, sameLists, type Target } from "../target.ts";

/** Byte streams: two bytes that say where to cut, one limit, the stream. */
export const annexBTarget: Target = {
  name: "annex-b",
  make: (random) => concat([[random.integer(0, 255), random.integer(0, 255), random.integer(0, 255)], annexB(random)]),
  check(bytes) {
    const input = new Input(bytes);
    const cuts = input.uint16();
    const maxNalUnitBytes = 1 + (input.uint8() & 63);
    const stream = input.rest();
    const nals = splitAnnexB(stream);
    checkNalUnits(stream, nals);
    sameLists(pushChunks(stream, cuts).nals, nals, "the split depends on the chunks");
    const limited = pushChunks(stream, cuts, { maxNalUnitBytes });
    const fitting = nals.filter((nal) => nal.length <= maxNalUnitBytes);
    sameLists(limited.nals, fitting, "the split under a limit");
    holds(limited.skipped === nals.length - fitting.length, "the count of skipped NAL units");
    sameLists(splitAnnexB(joinAnnexB(nals)), nals, "split of join");
    const vcl = nals.findIndex(isVclNalUnit);
    const beforeVcl = vcl < 0 ? nals : nals.slice(0, vcl);
    sameLists(
      findSeiAnnexB(stream),
      beforeVcl.filter((nal) => nalUnitType(nal) === 6),
      "the SEI before the first VCL NAL unit",
    );
    const { format, nalUnitType: type } = detectFormat(stream);
    if (format === "annexb") holds(type === nalUnitType(nals[0] as Uint8Array), "the detected type");
    for (const previous of ["annexb", "avcc", "rtp"] as const) detectFormat(stream, previous);
    holds(lintAnnexB(stream).length <= 8 * (1 + stream.length), "more findings than bytes");
  },
};

function checkNalUnits(stream: Uint8Array, nals: readonly Uint8Array[]): void {
  let end = 0;
  for (const nal of nals) {
    holds(nal.buffer === stream.buffer, "a NAL unit is no view");
    const start = nal.byteOffset - stream.byteOffset;
    holds(start >= end + 3, "NAL units overlap");
    holds(nal.length > 0 && nal.at(-1) !== 0, "a NAL unit ends in 00");
    end = start + nal.length;
  }
}

/** The stream in chunks of their own buffers. */
export function cut(stream: Uint8Array, cuts: number): Uint8Array[] {
  const random = new Random(cuts);
  const most = random.pick([1, 2, 3, 7, 64, 1000]);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + random.integer(most === 1 || !random.oneIn(16) ? 1 : 0, most);
    chunks.push(stream.slice(at, end));
    at = end;
  }
  return chunks;
}

function pushChunks(stream: Uint8Array, cuts: number, options: AnnexBSplitterOptions = {}) {
  const splitter = new AnnexBSplitter(options);
  const nals = cut(stream, cuts).flatMap((chunk) => splitter.push(chunk));
  nals.push(...splitter.flush());
  return { nals, skipped: splitter.skippedNalUnits };
}
