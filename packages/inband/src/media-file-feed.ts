/**
 * The messages in a recording, read in a page.
 *
 * @module
 */
export * from "@inband/media/file-feed";
