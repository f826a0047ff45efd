import { joinWith, type StageMembership } from "@inband/stage-protocol";
import { NoH264Error } from "@inband/stream";
import { missingH264 } from "../prefer-h264.ts";
import type { JoinStageOptions } from "./join-stage-options.ts";
import { publishMedia } from "./publish-media.ts";
import { publishedMedia } from "./published-media.ts";
import { receiveParticipant } from "./receive-participant.ts";

/** A place on a stage that a page keeps until it leaves. */
export interface PageMembership extends StageMembership {
  /**
   * Why no video comes: this browser has no H.264 for WebRTC. The messages of the others come over data channels all the
   * same, from stages that relay them. Undefined where video comes.
   */
  readonly noVideo: NoH264Error | undefined;
}

/**
 * Joins a stage and stays there: what is lost is connected again, with growing pauses, until `leave` or an error that
 * another attempt does not mend. Resolves when the stage has told who is there, and what is published is connected. A page
 * that goes leaves.
 *
 * @throws TokenError, RemoteError or RemovedError where joining is in vain; NoH264Error where the browser or the stage
 * cannot take what is published; TypeError for an option; a DOMException `TimeoutError` where joining has
 * not come about within `timeoutMs`; the reason of the signal.
 *
 * @example
 * const stage = await joinStage({
 *   token,
 *   publish: { media: camera, publishers: publisher },
 *   subscribe: subscriber,
 *   onTrack: ({ track, stream, presentWith }) => {
 *     if (track.kind !== "video") return;
 *     video.srcObject = stream;
 *     presentWith(video);
 *   },
 * });
 */
export async function joinStage(options: JoinStageOptions): Promise<PageMembership> {
  const {
    publish,
    subscribe,
    onTrack = () => {},
    configuration = {},
    ...membership
  } = Object(options) as JoinStageOptions;
  if (subscribe !== undefined && typeof subscribe?.attach !== "function") {
    throw new TypeError(`subscribe: expected a SeiSubscriber, got ${typeof subscribe}`);
  }
  const published = publish && publishedMedia(publish);
  const noVideo = missingH264();
  if (published && noVideo) throw noVideo;
  const stage = await joinWith(
    {
      openSocket: (url, protocol) => new WebSocket(url, protocol),
      publish: published && ((target) => publishMedia(published, { ...target, configuration })),
      subscribe:
        subscribe &&
        ((participantId, target) =>
          receiveParticipant({ participantId, receiver: subscribe, onTrack, noVideo }, { ...target, configuration })),
      // What `fetch` rejects with where a server cannot be reached is a TypeError.
      isFinal: (error) => error instanceof NoH264Error,
      tooLate: (message) => new DOMException(message, "TimeoutError"),
    },
    membership,
  );
  return Object.assign(stage, { noVideo });
}
