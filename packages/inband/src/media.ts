/**
 * Access units from files and networks.
 *
 * @module
 */
export * from "@inband/media";
