/**
 * Publishing and receiving over a data channel.
 *
 * @module
 */
export * from "@inband/data-channel";
