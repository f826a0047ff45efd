/**
 * The worker of `@inband/browser`, self-contained: it serves all senders and receivers of a page. The page starts one by
 * itself from a Blob; build this file into your site and pass `new Worker(url)` as the option `worker` only where a
 * Content-Security-Policy forbids workers from Blobs.
 *
 * @module
 */
import "./reader-worker.ts";
import "./writer-worker.ts";
