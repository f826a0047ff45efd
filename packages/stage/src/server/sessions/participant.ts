/** A participant who is on the stage: who publishes, receives, or has joined by the events socket. */
export interface Participant {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether its media is on the stage, connected and heard within the last 5 seconds. */
  readonly isPublishing: boolean;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** What the participant says of its own sound; false unless it has said so. */
  readonly audioMuted: boolean;
  /** What the participant says of its own picture; false unless it has said so. */
  readonly videoStopped: boolean;
  /** Whether it is connected, by the media that it publishes or, where it publishes none, by anything. */
  readonly isConnected: boolean;
  /** How many sessions receive it. */
  readonly subscribers: number;
}
