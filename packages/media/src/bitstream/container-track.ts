import type { Finding } from "@inband/h264";
import type { InputVideoTrack } from "mediabunny";

/** The largest H.264 track, which FFmpeg chooses too, and findings about the others. `isEmpty`: there are no tracks at all. */
export async function chooseTrack(
  tracks: readonly InputVideoTrack[],
  isEmpty: boolean,
): Promise<{ track: InputVideoTrack | undefined; findings: Finding[] }> {
  const findings: Finding[] = [];
  let track: InputVideoTrack | undefined;
  let largest = -1;
  let h264 = 0;
  const others: string[] = [];
  for (const candidate of tracks) {
    const codec = await candidate.getCodec();
    if (codec !== "avc") {
      others.push(codec ?? String(candidate.internalCodecId ?? "unknown"));
      continue;
    }
    h264 += 1;
    const size = (await candidate.getCodedWidth()) * (await candidate.getCodedHeight());
    if (size > largest) {
      largest = size;
      track = candidate;
    }
  }
  if (tracks.length === 0) {
    const message = isEmpty
      ? "The container describes no tracks; writers that do so at the end of the file have not come to it"
      : "There is no video";
    findings.push({ rule: isEmpty ? "no-tracks" : "no-video", severity: "error", message });
  } else if (track === undefined) {
    findings.push({ rule: "not-h264", severity: "error", message: `The video is ${others.join(", ")}, not H.264` });
  } else if (others.length > 0) {
    const message = `Video in ${others.join(", ")} was left out`;
    findings.push({ rule: "other-track", severity: "warning", message });
  }
  if (h264 > 1) {
    const message = `There are ${h264} tracks of H.264: only number ${track?.number}, the largest, was read`;
    findings.push({ rule: "other-track", severity: "warning", message });
  }
  return { track, findings };
}

/** The decoder configuration of a track (ISO/IEC 14496-15 5.3.3.1), where it has one. */
export async function descriptionOf(track: InputVideoTrack): Promise<Uint8Array | undefined> {
  // mediabunny rejects where the first sample has no parameter sets; it is read all the same.
  const config = await track.getDecoderConfig().catch(() => null);
  const description = config?.description;
  if (description === undefined) return undefined;
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
}
