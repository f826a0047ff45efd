/**
 * The worker of `inband/browser`, for pages that may start none from a Blob.
 *
 * @module
 */
import "@inband/browser/worker";
