/**
 * WHIP and WHEP for web pages.
 *
 * @module
 */
export * from "@inband/browser/whip";
