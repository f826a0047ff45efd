/**
 * Pictures in, streams and recordings out.
 *
 * Use it to encode pictures once, put what is known of each inside it, and send the video to servers, to WebRTC and into
 * files, with recordings of events. It needs the optional peer node-av, as `@inband/h264/encoder` and `@inband/media` do.
 *
 * @module
 */
export type { FrameContext, FrameMessage, PushedFrame } from "./frame-message.ts";
export { PipelineError, type PipelineErrorCode } from "./pipeline-error.ts";
export type { PipelineEvent, SeiPipelineEvents } from "./pipeline-events.ts";
export type { AccessUnitOutput, OutputStats } from "./pipeline-output.ts";
export type { SeiPipelineStats } from "./pipeline-stats.ts";
export { SeiPipeline } from "./sei-pipeline.ts";
export type { SeiPipelineOptions } from "./sei-pipeline-options.ts";
