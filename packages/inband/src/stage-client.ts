/**
 * A client of WHIP and WHEP, in Node.
 *
 * @module
 */
export * from "@inband/stage/client";
