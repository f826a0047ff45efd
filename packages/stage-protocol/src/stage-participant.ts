/** A participant of a stage, as its events socket tells of it. */
export interface StageParticipant {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly isPublishing: boolean;
  readonly audioMuted: boolean;
  readonly videoStopped: boolean;
}

/** The participants in the payload of a STAGE_STATE. */
export function participantsIn({ participants }: Readonly<Record<string, unknown>>): StageParticipant[] {
  if (!Array.isArray(participants)) return [];
  return participants.map((participant) => {
    const { id, userId, attributes, isPublishing, audioMuted, videoStopped } = Object(participant);
    return {
      participantId: String(id),
      userId: String(userId ?? ""),
      attributes: Object(attributes),
      isPublishing: isPublishing === true,
      audioMuted: audioMuted === true,
      videoStopped: videoStopped === true,
    };
  });
}
