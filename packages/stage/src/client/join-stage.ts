import { TokenError } from "../token-error.ts";
import { readClaims, stageEndpoints } from "./endpoints.ts";
import type { JoinStageOptions } from "./join-stage-options.ts";
import { JoinedStage, type StageMembership } from "./joined-stage.ts";

/**
 * Joins a stage and stays there: what is lost is connected again, with growing pauses, until `leave` or an error that
 * another attempt does not mend. Resolves when the stage has told who is there, and the video is connected.
 *
 * @throws TokenError, RemoteError, RemovedError or NoH264Error where joining is in vain; the reason of the signal.
 *
 * @example
 * const stage = await joinStage({ token, publish: video, subscribe: subscriber });
 * stage.on("reconnecting", (error) => console.warn(error.message));
 */
export async function joinStage(options: JoinStageOptions): Promise<StageMembership> {
  options.signal?.throwIfAborted();
  const token = typeof options.token === "string" ? options.token : await options.token();
  const endpoints = stageEndpoints(token);
  const { events_url: eventsUrl, topic } = readClaims(token) ?? {};
  if (typeof eventsUrl !== "string" || !URL.canParse(eventsUrl)) throw new TokenError("malformed");
  const stage = new JoinedStage(options, { token, endpoints, eventsUrl, topic: String(topic) });
  await stage.joined;
  return stage;
}
