/**
 * Messages through the Amazon IVS Web Broadcast SDK.
 *
 * @module
 */
export * from "@inband/ivs";
