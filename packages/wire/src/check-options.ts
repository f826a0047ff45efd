import { kindOf } from "./kind-of.ts";

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
