import { dequal } from "dequal/lite";

/** What has become different between two lists of participants. */
export interface ParticipantChanges<P> {
  readonly joined: readonly P[];
  readonly updated: readonly P[];
  /** As they were last. */
  readonly left: readonly P[];
}

/** Compares a list of participants with the one before it. Their fields are those of JSON. */
export function participantChanges<P extends { readonly participantId: string }>(
  before: readonly P[],
  now: readonly P[],
): ParticipantChanges<P> {
  const known = new Map(before.map((participant) => [participant.participantId, participant]));
  const joined: P[] = [];
  const updated: P[] = [];
  for (const participant of now) {
    const earlier = known.get(participant.participantId);
    known.delete(participant.participantId);
    if (!earlier) joined.push(participant);
    else if (!dequal(earlier, participant)) updated.push(participant);
  }
  return { joined, updated, left: [...known.values()] };
}
