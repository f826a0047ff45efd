/**
 * Publishing and receiving over node-datachannel, in Node.
 *
 * @module
 */
export * from "@inband/node-datachannel";
