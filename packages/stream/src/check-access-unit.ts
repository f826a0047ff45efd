import type { AccessUnit } from "@inband/h264";
import { kindOf } from "@inband/wire";

/** What a caller without types gives to `write` instead of an access unit; undefined where it is one. */
export function checkAccessUnit(accessUnit: AccessUnit): TypeError | undefined {
  if (!Array.isArray(accessUnit?.nalUnits)) {
    return new TypeError(
      `accessUnit: expected an object with nalUnits, timestamp and isKeyFrame, got ${kindOf(accessUnit)}`,
    );
  }
  if (Number.isFinite(accessUnit.timestamp)) return undefined;
  const stamped = "fromAnnexB of @inband/media stamps the access units of a live source";
  return new TypeError(`accessUnit.timestamp: expected microseconds, got ${kindOf(accessUnit.timestamp)}; ${stamped}`);
}
