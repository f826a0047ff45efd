import {
  buildSei,
  buildUserDataSei,
  buildUserDataUnregistered,
  H264Error,
  parseSei,
  parseUserDataUnregistered,
  readUserData,
} from "@inband/h264";
import { sei } from "../generate.ts";
import { holds, sameBytes, sameLists, strict, type Target } from "../target.ts";

/** One SEI NAL unit. */
export const seiTarget: Target = {
  name: "sei",
  make: sei,
  check(nal) {
    const before = nal.slice();
    const visited: Uint8Array[] = [];
    const broken = readUserData(nal, (uuid, payload) => {
      holds(uuid.length === 16, "a UUID of another length");
      visited.push(buildUserDataUnregistered({ uuid, payload }));
    });
    const messages = strict(H264Error, () => parseSei(nal));
    sameBytes(nal, before, "the argument was written to");
    if (messages === undefined) {
      const isSei = nal.length > 0 && ((nal[0] as number) & 31) === 6;
      holds(isSei ? broken > 0 : broken === 0 && visited.length === 0, "broken, and not counted as such");
      return;
    }
    const userData = messages.filter(({ payloadType }) => payloadType === 5).map(({ payload }) => payload);
    const whole = userData.filter((payload) => payload.length >= 16);
    sameLists(visited, whole, "the user data of two readers");
    holds(broken === userData.length - whole.length, "the count of broken messages");
    for (const payload of userData) {
      const parsed = strict(H264Error, () => parseUserDataUnregistered(payload));
      holds((parsed === undefined) === payload.length < 16, "user data without a UUID");
      if (parsed === undefined) continue;
      sameBytes(buildUserDataUnregistered(parsed), payload, "build of parse of user data");
      sameBytes(buildUserDataSei(parsed), buildSei([{ payloadType: 5, payload }]), "buildUserDataSei");
    }
    if (messages.length === 0) return;
    const built = buildSei(messages);
    const again = parseSei(built);
    sameLists(
      again.map(({ payload }) => payload),
      messages.map(({ payload }) => payload),
      "parse of build",
    );
    holds(
      again.every(({ payloadType }, index) => payloadType === messages[index]?.payloadType),
      "payload types",
    );
    sameBytes(buildSei(again), built, "build of parse");
  },
};
