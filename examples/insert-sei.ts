/**
 * Shows how to put a message into one access unit by hand and read it back, with no network and no schedule: what
 * `@inband/h264` does on its own.
 *
 * 1. build a SEI NAL unit,
 * 2. insert it into an Annex B access unit, before the first VCL NAL unit,
 * 3. find it again, reading nothing of the coded picture.
 */
import {
  buildSei,
  buildUserDataUnregistered,
  findSeiAnnexB,
  insertSeiAnnexB,
  joinAnnexB,
  readUserData,
} from "@inband/h264";

const uuid = crypto.getRandomValues(new Uint8Array(16));
const payload = new TextEncoder().encode("hello from inside the video");

/** An access unit as an encoder delivers it: an access unit delimiter and one IDR slice (its bytes do not matter here). */
const accessUnit = joinAnnexB([Uint8Array.of(0x09, 0xf0), Uint8Array.of(0x65, 0x88, 0x84, 0x21, 0xa0)]);

const sei = buildSei([{ payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload }) }]);
const carrying = insertSeiAnnexB(accessUnit, [sei]);
console.log(`${accessUnit.length} bytes became ${carrying.length}`);

for (const nal of findSeiAnnexB(carrying)) {
  readUserData(nal, (_uuid, found) => console.log(`found: ${new TextDecoder().decode(found)}`));
}
