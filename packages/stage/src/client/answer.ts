import { RemoteError } from "@inband/stage-protocol";
import {
  exceededPart,
  isSessionDescription,
  parseDescription,
  sdpPartNames,
  sectionsOf,
  writeDescription,
} from "../session-description.ts";

/** What an answer may have at most, several times what any server writes. */
const most = { lines: 4000, sections: 64, ssrcs: 512, candidates: 400 } as const;

/**
 * The answer of a stage, with its candidates in every section.
 *
 * @throws RemoteError when it is not an SDP answer, has no media section, or too many parts.
 */
export function readAnswer(body: string, status: number): string {
  if (!isSessionDescription(body)) throw new RemoteError(status, body, "the stage answered without an SDP answer");
  const part = exceededPart(body, most);
  if (part !== undefined) {
    throw new RemoteError(status, body, `the stage answered with more than ${most[part]} ${sdpPartNames[part]}`);
  }
  // RFC 3264 6: as many sections as the offer. werift calls a connection without any connected.
  if (!/^m=/m.test(body)) throw new RemoteError(status, body, "the stage answered without a media section");
  return spreadCandidates(body);
}

/**
 * Amazon IVS puts the candidates into the first section only, as BUNDLE allows (RFC 9143 7.1.3). Sections with candidates
 * of their own and declined ones stay as they are.
 */
function spreadCandidates(answer: string): string {
  const description = parseDescription(answer);
  const source = sectionsOf(description).find(({ candidates }) => candidates?.length);
  const bare = description.media.filter(({ port, candidates }) => port !== 0 && !candidates?.length);
  if (source?.candidates === undefined || bare.length === 0) return answer;
  for (const section of bare) {
    section.candidates = source.candidates;
    if (source.endOfCandidates === undefined) delete section.endOfCandidates;
    else section.endOfCandidates = source.endOfCandidates;
  }
  return writeDescription(description);
}
