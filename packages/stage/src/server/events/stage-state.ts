import type { Participant } from "../sessions/participant.ts";

/** What the events socket tells of the stage: the payload of STAGE_STATE without its number. */
export interface StageState {
  /** `xdp`: offers are taken over the socket too. */
  readonly serverFeatures: readonly string[];
  readonly participants: readonly {
    readonly id: string;
    readonly userId: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly isPublishing: boolean;
    readonly audioMuted: boolean;
    readonly videoStopped: boolean;
  }[];
  readonly disconnected: readonly { readonly id: string; readonly status: "KICKED" }[];
}

/** The state of a stage with these participants, from which `kicked` have been removed lately. */
export function stageState(participants: readonly Participant[], kicked: Iterable<string>): StageState {
  return {
    serverFeatures: ["xdp"],
    participants: participants.map(({ participantId, userId, attributes, isPublishing, audioMuted, videoStopped }) => ({
      ...{ id: participantId, userId, attributes, isPublishing, audioMuted, videoStopped },
    })),
    disconnected: Array.from(kicked, (id) => ({ id, status: "KICKED" })),
  };
}
