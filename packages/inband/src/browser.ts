/**
 * Publishing and receiving in web pages.
 *
 * @module
 */
export * from "@inband/browser";
