/**
 * The one place where node-av is loaded, FFmpeg inside the process.
 *
 * Use this entry point in a package that calls FFmpeg itself, with node-av as its optional peer. Applications encode
 * through `@inband/h264/encoder` and read through `@inband/media`.
 *
 * @module
 */
export { loadNodeAv, type NodeAv } from "./load-node-av.ts";
export { NodeAvError } from "./node-av-error.ts";
export { sharedBuffer } from "./shared-buffer.ts";
