import { kindOf } from "@inband/wire";
import type { CarrierLimits } from "./sei-carrier.ts";

/** @throws TypeError or RangeError for anything but the limits of a carrier. */
export function checkLimits(limits: CarrierLimits): void {
  if (typeof limits !== "object" || limits === null) {
    throw new TypeError(`limits: expected bytesPerAccessUnit and bytesPerSecond, got ${kindOf(limits)}`);
  }
  for (const name of ["bytesPerAccessUnit", "bytesPerSecond"] as const) {
    const bytes = limits[name];
    if (typeof bytes !== "number" || !(bytes >= 0)) {
      throw new RangeError(`limits.${name}: expected a number of bytes, got ${kindOf(bytes)}`);
    }
  }
}
