import { AnnexBSplitter, type Finding } from "@inband/h264";
import { isZero } from "./annex-b-evidence.ts";
import type { StoredNalUnits } from "./bitstream.ts";
import { maxNalUnitBytes, nalUnitsOfGroup } from "./raw-limits.ts";
import { chunksOf, type StoredBytes } from "./stored-bytes.ts";

/** Size of the first piece, which shows how large the NAL units are. */
const firstPieceBytes = 16_384;

/** The NAL units of a byte stream (ITU-T H.264 B.1), some thousands at once. */
export async function* readAnnexB(
  bytes: StoredBytes,
  findings: Finding[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const splitter = new AnnexBSplitter({ maxNalUnitBytes });
  let position = 0;
  let isStarted = false;
  let endsInZeros = false;
  let isEmpty = true;
  let pieceBytes = firstPieceBytes;
  for await (const chunk of chunksOf(bytes)) {
    if (!isStarted) {
      const finding = leadingBytes(chunk);
      if (finding !== undefined) findings.push(finding);
      isStarted = true;
    }
    position += chunk.length;
    moved(position);
    // A run of zeros between two NAL units may be of any length, and says nothing.
    const isRun = endsInZeros && isZero(chunk);
    endsInZeros = chunk[chunk.length - 1] === 0 && chunk[chunk.length - 2] === 0;
    if (isRun) continue;
    for (let at = 0; at < chunk.length; ) {
      const nalUnits = splitter.push(chunk.subarray(at, at + pieceBytes));
      at += pieceBytes;
      const fittingBytes = (pieceBytes * nalUnitsOfGroup) / (nalUnits.length + 1);
      pieceBytes = Math.min(chunk.length, Math.max(firstPieceBytes, Math.floor(fittingBytes)));
      if (nalUnits.length === 0) continue;
      isEmpty = false;
      yield { nalUnits };
    }
  }
  const nalUnits = splitter.flush();
  if (nalUnits.length > 0) yield { nalUnits };
  else if (isEmpty) {
    const message = "There is no NAL unit";
    findings.push({ rule: "no-nal-unit", severity: "error", clause: "H.264 B.1", message });
  }
  if (splitter.skippedNalUnits > 0) {
    const message = `${splitter.skippedNalUnits} NAL unit(s) of more than ${maxNalUnitBytes} bytes were left out`;
    findings.push({ rule: "too-large", severity: "error", message });
  }
}

/** What is wrong with the beginning of the first chunk. */
function leadingBytes(chunk: Uint8Array): Finding | undefined {
  let at = 0;
  while (at < chunk.length && chunk[at] === 0) at += 1;
  if (at >= chunk.length || (chunk[at] === 1 && at > 1)) return undefined;
  const message =
    "Bytes other than 00 stand before the first start code: the stream begins in the middle of a NAL unit";
  return { rule: "leading-bytes", severity: "error", clause: "H.264 B.1", message, offset: at };
}
