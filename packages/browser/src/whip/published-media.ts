import type { MessageSender, StagePublication } from "./join-stage-options.ts";

/** What is published, checked. */
export interface PublishedMedia {
  readonly video: MediaStreamTrack;
  readonly audio: MediaStreamTrack | undefined;
  readonly publishers: readonly MessageSender[];
  readonly sendEncodings: readonly RTCRtpEncodingParameters[];
}

/** @throws TypeError unless there is one track of video and at most one of audio. */
export function publishedMedia({ media, publishers = [], sendEncodings = [] }: StagePublication): PublishedMedia {
  if (typeof media !== "object" || media === null) {
    throw new TypeError(`publish.media: expected a MediaStream, or tracks, got ${typeof media}`);
  }
  const tracks = "getTracks" in media ? media.getTracks() : [media].flat();
  const ofKind = (kind: string): MediaStreamTrack[] => tracks.filter((track) => track.kind === kind);
  const [video, ...moreVideo] = ofKind("video");
  const [audio, ...moreAudio] = ofKind("audio");
  if (!video || moreVideo.length > 0 || moreAudio.length > 0) {
    throw new TypeError(
      `publish.media: expected one track of video, and one of audio or none, got ${ofKind("video").length} and ${ofKind("audio").length}`,
    );
  }
  return { video, audio, publishers: [publishers].flat(), sendEncodings };
}
