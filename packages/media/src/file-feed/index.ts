/**
 * The messages in a recording, read in a page.
 *
 * Use it to show the messages of a file that a user has chosen, or that a page loads, on the frames that they speak of. It
 * runs in Node, too. mediabunny reads the containers.
 *
 * @module
 */
export { type FileFeedOptions, fileFeed, type PlayingVideo } from "./file-feed.ts";
