import { checkMembership } from "./check-membership.ts";
import { JoinedStage } from "./joined-stage.ts";
import type { StageMembership } from "./stage-membership.ts";
import type { MembershipOptions, StagePlatform } from "./stage-platform.ts";
import { readClaims, stageEndpoints } from "./token-claims.ts";
import { TokenError } from "./token-error.ts";

/**
 * Joins a stage and stays there: what is lost is connected again, with growing pauses, until `leave` or an error that
 * another attempt does not mend. Resolves when the stage has told who is there, and what is published is connected.
 *
 * @throws TokenError, RemoteError or RemovedError where joining is in vain, what the platform calls final, or the reason
 * of the signal; TypeError or RangeError that names an option.
 */
export async function joinWith(platform: StagePlatform, options: MembershipOptions): Promise<StageMembership> {
  checkMembership(options);
  options.signal?.throwIfAborted();
  const token = typeof options.token === "string" ? options.token : await options.token();
  const endpoints = stageEndpoints(token);
  const { events_url: eventsUrl, topic } = readClaims(token) ?? {};
  if (typeof eventsUrl !== "string" || !URL.canParse(eventsUrl)) throw new TokenError("malformed");
  const stage = new JoinedStage(platform, options, { token, endpoints, eventsUrl, topic: String(topic) });
  await stage.joined;
  return stage;
}
