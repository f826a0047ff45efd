/**
 * Numbers in pictures: a strip of light and dark blocks, drawn into a picture and read from it again, however it was
 * scaled and compressed on the way. So a receiver knows which picture it shows. Pure, for pages too.
 *
 * @module
 */
export { drawFrameNumber, frameNumberModulus, readFrameNumber } from "./frame-number.ts";
