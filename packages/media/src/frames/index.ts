/**
 * Pictures: a test picture to draw, and any video decoded to I420, that of a WebRTC track included.
 *
 * Use this entry point when the video is to be encoded again, or looked at: `testPicture` needs nothing but this package,
 * `decodeFrames` needs the package node-av. To pass H.264 on as it is, use `@inband/media` alone.
 *
 * @module
 */

export { frameNumberModulus, readFrameNumber } from "../frame-number/frame-number.ts";
export { type DecodeOptions, decodeFrames } from "./decode-frames.ts";
export { type TestPictureOptions, testPicture, testPictureBuffers } from "./test-picture.ts";
export { wrtcFrames } from "./wrtc-frames.ts";
