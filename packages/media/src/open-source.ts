import { checkOptions } from "@inband/stream";
import { FileSource } from "./file-source.ts";
import { checkFile, checkInput, inputName, isUrl } from "./input-name.ts";
import type { MediaSource } from "./media-source.ts";
import { type SourceOptions, sourceOptionNames } from "./source-options.ts";

/**
 * Opens a file, or any other input that FFmpeg reads.
 *
 * H.264 video is passed through as access units: the bytes are copied once, out of FFmpeg's memory, and key frames carry
 * SPS and PPS whatever the container does. Opus and AAC come beside it, other sound is left out. Video in another codec
 * is named by `info.video.codec`; read such a source through `decodeFrames` of `@inband/media/frames`.
 *
 * Timestamps begin at 0 with the earliest picture or sound. Decoding times may precede it. An elementary stream has no
 * times: there, pictures are counted in decoding order by the frame rate. A source is read once, and leaving the loop
 * closes it.
 *
 * @throws MediaError `not-found`, `unreadable`, `no-video` or `unavailable`; `options.signal`'s reason when it is aborted;
 * TypeError for an option of another name.
 *
 * @example
 * ```ts
 * await using source = await openSource("clip.mp4", { loop: true, realtime: true });
 * for await (const packet of source) if (packet.kind === "video") video.write(packet);
 * ```
 */
export async function openSource(input: string, options: SourceOptions = {}): Promise<MediaSource> {
  checkInput(input);
  checkOptions(options, sourceOptionNames);
  options.signal?.throwIfAborted();
  const name = inputName(input);
  if (!isUrl(name)) await checkFile(name, input);
  return FileSource.open(name, options);
}
