/**
 * What is in a stream.
 *
 * @module
 */
export * from "@inband/media/inspect";
