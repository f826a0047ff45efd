/**
 * What a path does to messages: numbered messages of awkward sizes, contents, UUIDs and positions go in, and what comes out
 * at the other end is judged.
 *
 * Use it to find the server, muxer or player that eats SEI: `Probe` puts messages into access units, `judge` compares
 * what came out with what was sent, message by message and picture by picture, and `explain` says what most likely did
 * it. `inband doctor` is made of it. Pure: nothing of Node or the DOM, no clocks, no sockets, so that a page can be an end
 * as well.
 *
 * @example
 * ```ts
 * const probe = new Probe();
 * for (const accessUnit of video) carrier.write(probe.insert(accessUnit));
 * const verdict = judge(probe, received);
 * for (const { message, advice } of explain(verdict)) console.log(message, advice);
 * ```
 *
 * @module
 */
export { type Explanation, type ExplanationCode, explain } from "./explanation.ts";
export { type JudgeOptions, judge, type ReceivedAccessUnit } from "./judge.ts";
export { Probe, type ProbeOptions } from "./probe.ts";
export type { ProbeContent } from "./probe-content.ts";
export { type ProbeMessage, type ProbeMessageOptions, probeMessage } from "./probe-message.ts";
export type { ProbedPicture, SentMessage } from "./probed-picture.ts";
export type { MessageOutcome, MessageVerdict, PicturesVerdict, ProbeVerdict, VerdictCounts } from "./verdict.ts";
