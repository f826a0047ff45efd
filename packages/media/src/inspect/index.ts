/**
 * Reports of what is in a stream: what `inband inspect` prints, as a value.
 *
 * Use this entry point to look into a file or URL (`inspect`): its access units, NAL units, SEI messages and user data, and
 * what is broken. To lint bytes in memory, use `lint` of `@inband/h264`; to read NAL units, `openBitstream` of
 * `@inband/media`.
 *
 * @module
 */
export { type InspectOptions, inspect } from "./inspect.ts";
export type { InspectReport, UserDataItem } from "./inspect-report.ts";
export { nalUnitName, seiName, userDataOwner } from "./names.ts";
