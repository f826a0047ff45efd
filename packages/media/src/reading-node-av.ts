import { loadNodeAv, type NodeAv, NodeAvError } from "@inband/h264/node-av";
import { MediaError } from "./media-error.ts";

/** node-av, to read media with. @throws MediaError `unavailable` where it is not installed or does not load. */
export async function readingNodeAv(): Promise<NodeAv> {
  try {
    return await loadNodeAv("Reading media");
  } catch (error) {
    if (!(error instanceof NodeAvError)) throw error;
    throw new MediaError("unavailable", error.message, { cause: error.cause });
  }
}
