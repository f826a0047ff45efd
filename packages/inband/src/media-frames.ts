/**
 * Pictures.
 *
 * @module
 */
export * from "@inband/media/frames";
