/** A participant who publishes. */
export interface Participant {
  readonly participantId: string;
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Whether the participant is connected. One that has been silent for 5 seconds is not listed. */
  readonly isConnected: boolean;
  /** How many sessions receive it. */
  readonly subscribers: number;
}
