/**
 * Pictures in, streams and recordings out.
 *
 * @module
 */
export * from "@inband/pipeline";
