import { kindOf } from "@inband/wire";
import type { CarrierLimits } from "./sei-carrier.ts";

/**
 * Refuses anything but an object of known options: a misspelt option would silently have no effect.
 *
 * @throws TypeError that names what was expected.
 */
export function checkOptions(options: object | undefined, names: ReadonlySet<string>): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`options: expected an object, got ${kindOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new TypeError(`${name}: no such option, expected ${[...names].join(", ")}`);
  }
}

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
