/// <reference lib="esnext.disposable" preserve="true" />
import type { MediaPacket } from "@inband/h264";
import type { MediaInfo } from "./media-info.ts";

/** Packets in file order: the video as access units, and Opus or AAC beside it. */
export interface MediaSource extends AsyncIterable<MediaPacket>, AsyncDisposable {
  /** What the source holds. */
  readonly info: MediaInfo;
  /** Frees the source and ends the loop that reads it. Closing twice is harmless. */
  close(): Promise<void>;
}
