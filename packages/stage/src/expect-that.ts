import { kindOf } from "@inband/wire";

/** @throws TypeError that names what is not as it should be, unless it is. */
export function expectThat(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds) throw new TypeError(`${name}: expected ${expected}, got ${kindOf(got)}`);
}
