/**
 * The command line of inband: what `npx inband` runs. Pick this door only to start a command from a program, or to
 * look into a stream as `inband inspect` does; to publish or subscribe from code, use `@inband/publisher` and
 * `@inband/subscriber`.
 *
 * @module
 */
export { type InspectOptions, inspect } from "./inspect/inspect.ts";
export type { Finding, InspectReport, UserDataItem } from "./inspect/inspect-report.ts";
export { main } from "./main.ts";
