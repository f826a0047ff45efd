import type { MembershipOptions } from "@inband/stage-protocol";
import type { WeriftVideo } from "@inband/werift";
import type { MessageReceiver, PublishedMedia } from "./media-connections.ts";

/** How to join a stage for as long as it takes. */
export interface JoinStageOptions extends MembershipOptions {
  /** What to publish: a video, or a video with its sound. It stays yours to close. */
  readonly publish?: WeriftVideo | PublishedMedia;
  /** What the messages of the others go to: a `SeiSubscriber`. Each participant is a feed and a group by its id. */
  readonly subscribe?: MessageReceiver;
}
