import type { WeriftVideo } from "@inband/werift";
import type { StageParticipant } from "./events-connection.ts";
import type { MessageReceiver } from "./media-connections.ts";

/** How to join a stage for as long as it takes. */
export interface JoinStageOptions {
  /**
   * A token of a stage of Amazon's protocol: it says where the stage is. A function is asked for one at the start, and
   * again whenever a connection is made and the last one has expired or was refused.
   */
  readonly token: string | (() => string | Promise<string>);
  /** What to publish. It stays yours to close. */
  readonly publish?: WeriftVideo;
  /** What the messages of the others go to: a `SeiSubscriber`. Each participant is a feed and a group by its id. */
  readonly subscribe?: MessageReceiver;
  /**
   * Whose messages to receive.
   *
   * @defaultValue those of everybody else who publishes
   */
  readonly shouldSubscribe?: (participant: StageParticipant) => boolean;
  /** Ends the attempt to join; once joined, use `leave`. */
  readonly signal?: AbortSignal;
}
