/**
 * Publishing and receiving over werift, in Node.
 *
 * @module
 */
export * from "@inband/werift";
