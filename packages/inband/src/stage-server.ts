/**
 * A real-time stage.
 *
 * @module
 */
export * from "@inband/stage/server";
