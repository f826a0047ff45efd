import { NalUnitType, nalUnitType, parseSps } from "@inband/h264";
import { openSource } from "@inband/media";

/** profile_idc 66 with constraint_set1_flag is constrained baseline (ITU-T H.264 A.2.1.1). */
const baseline = 66;
const constraintSet1 = 0x40;
/** Level 3.1, what `profile-level-id=42e01f` promises a peer. */
const largestLevel = 31;
/** Nobody can ask a file for a key frame: who joins must not wait longer than these many pictures. */
const longestGroup = 150;

const otherProfile =
  "its profile or level is not constrained baseline up to level 3.1, which every WebRTC peer decodes";
const rareKeyFrames = `it has no key frame in ${longestGroup} pictures, for those who join`;

/**
 * Why not every WebRTC peer can decode the video of a file as it is, in words; undefined where each can. That is H.264 in
 * constrained baseline, with no reordered pictures, and a key frame often enough. Looks at its beginning.
 *
 * @throws MediaError, or the signal's reason.
 */
export async function reasonToEncode(input: string, signal: AbortSignal): Promise<string | undefined> {
  await using source = await openSource(input, { signal });
  if (source.info.video.codec !== "h264") return `it is ${source.info.video.codec}, not H.264`;
  let sinceKeyFrame = 0;
  let keyFrames = 0;
  for await (const packet of source) {
    if (packet.kind !== "video") continue;
    if (packet.decodeTimestamp !== undefined && packet.decodeTimestamp !== packet.timestamp) {
      return "its pictures are reordered (B-frames)";
    }
    for (const nal of packet.nalUnits) if (nalUnitType(nal) === NalUnitType.Sps && !isAgreed(nal)) return otherProfile;
    if (packet.isKeyFrame) {
      keyFrames += 1;
      sinceKeyFrame = 0;
      if (keyFrames === 3) return undefined;
    }
    sinceKeyFrame += 1;
    if (keyFrames === 0 || sinceKeyFrame > longestGroup) return rareKeyFrames;
  }
  return keyFrames > 0 ? undefined : rareKeyFrames;
}

function isAgreed(sps: Uint8Array): boolean {
  try {
    const { profileIdc, constraintFlags, levelIdc } = parseSps(sps);
    return profileIdc === baseline && (constraintFlags & constraintSet1) !== 0 && levelIdc <= largestLevel;
  } catch {
    return false;
  }
}
