/**
 * Recordings of events, with what was before them.
 *
 * @module
 */
export * from "@inband/recorder";
