import type { MembershipOptions } from "./stage-platform.ts";

const names: ReadonlySet<string> = new Set([
  "token",
  "shouldSubscribe",
  "timeoutMs",
  "signal",
] satisfies (keyof MembershipOptions)[]);

/** Refuses what no `joinStage` takes. @throws TypeError or RangeError that names the option. */
export function checkMembership(options: MembershipOptions): void {
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new TypeError(`${name}: joinStage has no such option`);
  }
  const { token, shouldSubscribe, timeoutMs = 1, signal } = options;
  if (typeof token !== "string" && typeof token !== "function") {
    throw new TypeError(`token: expected a string, or a function that gives one, got ${typeof token}`);
  }
  if (shouldSubscribe !== undefined && typeof shouldSubscribe !== "function") {
    throw new TypeError(`shouldSubscribe: expected a function, got ${typeof shouldSubscribe}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal: expected an AbortSignal, got ${typeof signal}`);
  }
  if (!(typeof timeoutMs === "number" && timeoutMs > 0 && (timeoutMs < 2 ** 31 || timeoutMs === Infinity))) {
    throw new RangeError(`timeoutMs: expected a positive number below 2^31, or Infinity, got ${timeoutMs}`);
  }
}
