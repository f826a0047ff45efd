import { NalUnitType, nalUnitType, parseSps } from "@inband/h264";
import { openSource } from "@inband/media";

/** profile_idc 66 with constraint_set1_flag is constrained baseline (ITU-T H.264 A.2.1.1). */
const baseline = 66;
const constraintSet1 = 0x40;
/** Level 3.1, what `profile-level-id=42e01f` promises a peer. */
const largestLevel = 31;
/** Nobody can ask a file for a key frame: who joins must not wait longer than these many pictures. */
const longestGroup = 150;

/**
 * Whether WebRTC peers can decode the video of a file as it is: H.264 in constrained baseline, no reordered pictures,
 * and a key frame often enough. Looks at its beginning.
 *
 * @throws MediaError, or the signal's reason.
 */
export async function passesThrough(input: string, signal: AbortSignal): Promise<boolean> {
  await using source = await openSource(input, { signal });
  if (source.info.video.codec !== "h264") return false;
  let sinceKeyFrame = 0;
  let keyFrames = 0;
  for await (const packet of source) {
    if (packet.kind !== "video") continue;
    if (packet.decodeTimestamp !== undefined && packet.decodeTimestamp !== packet.timestamp) return false;
    for (const nal of packet.nalUnits) if (nalUnitType(nal) === NalUnitType.Sps && !isAgreed(nal)) return false;
    if (packet.isKeyFrame) {
      keyFrames += 1;
      sinceKeyFrame = 0;
      if (keyFrames === 3) return true;
    }
    sinceKeyFrame += 1;
    if (keyFrames === 0 || sinceKeyFrame > longestGroup) return false;
  }
  return keyFrames > 0;
}

function isAgreed(sps: Uint8Array): boolean {
  try {
    const { profileIdc, constraintFlags, levelIdc } = parseSps(sps);
    return profileIdc === baseline && (constraintFlags & constraintSet1) !== 0 && levelIdc <= largestLevel;
  } catch {
    return false;
  }
}
