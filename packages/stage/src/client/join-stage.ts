import { joinWith, type StageMembership } from "@inband/stage-protocol";
import { ConnectError, NoH264Error } from "@inband/werift";
import { WebSocket } from "ws";
import { checkJoin, type JoinStageOptions } from "./join-stage-options.ts";
import { publishVideo, receiveMessages } from "./media-connections.ts";

/** Most bytes of a message of the stage: a state with hundreds of participants and their attributes has a tenth. */
const maxStateBytes = 4 * 1024 * 1024;

/**
 * Joins a stage and stays there: what is lost is connected again, with growing pauses, until `leave` or an error that
 * another attempt does not mend. Resolves when the stage has told who is there, and the video is connected.
 *
 * @throws TokenError, RemoteError, RemovedError or NoH264Error where joining is in vain; ConnectError `timeout` where it has
 * not come about within `timeoutMs`; TypeError or RangeError for an option; the reason of the signal.
 *
 * @example
 * const stage = await joinStage({ token, publish: video, subscribe: subscriber });
 * stage.on("reconnecting", (error) => console.warn(error.message));
 */
export async function joinStage(given: JoinStageOptions): Promise<StageMembership> {
  checkJoin(given);
  const { publish, subscribe, ...options } = given;
  return joinWith(
    {
      openSocket: (url, protocol) => new WebSocket(url, protocol, { maxPayload: maxStateBytes }),
      publish: publish && ((target) => publishVideo(publish, target)),
      subscribe: subscribe && ((participantId, target) => receiveMessages(subscribe, participantId, target)),
      isFinal: (error) =>
        error instanceof NoH264Error || isDeclined(error) || (error instanceof TypeError && !isOfNetwork(error)),
      tooLate: (message) => new ConnectError("timeout", message),
    },
    options,
  );
}

function isDeclined(error: Error): boolean {
  return error instanceof ConnectError && error.code === "declined";
}

/** What `fetch` rejects with where a server cannot be reached is a TypeError, too. */
function isOfNetwork(error: TypeError): boolean {
  return error.cause instanceof Error;
}
