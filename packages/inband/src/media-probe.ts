/**
 * What a path does to messages.
 *
 * @module
 */
export * from "@inband/media/probe";
