import type { MembershipOptions } from "@inband/stage-protocol";
import { WeriftAudio, WeriftVideo } from "@inband/werift";
import { checkOptions } from "@inband/wire";
import { expectThat } from "../expect-that.ts";
import type { MessageReceiver, PublishedMedia } from "./media-connections.ts";

/** How to join a stage for as long as it takes. */
export interface JoinStageOptions extends MembershipOptions {
  /** What to publish: a video, or a video with its sound. It stays yours to close. */
  readonly publish?: WeriftVideo | PublishedMedia;
  /** What the messages of the others go to: a `SeiSubscriber`. Each participant is a feed and a group by its id. */
  readonly subscribe?: MessageReceiver;
}

const joinOptionNames: ReadonlySet<string> = new Set([
  "token",
  "publish",
  "subscribe",
  "shouldSubscribe",
  "timeoutMs",
  "signal",
] satisfies (keyof JoinStageOptions)[]);

const mediaNames: ReadonlySet<string> = new Set(["video", "audio"] satisfies (keyof PublishedMedia)[]);

/** What is the same in pages is checked where they join. @throws TypeError that names the option. */
export function checkJoin(options: JoinStageOptions): void {
  expectThat(options !== undefined, "options", "an object with a token", options);
  checkOptions(options, joinOptionNames);
  const { publish, subscribe } = options;
  if (publish !== undefined && !(publish instanceof WeriftVideo)) {
    const { video, audio } = Object(publish) as Partial<PublishedMedia>;
    expectThat(video instanceof WeriftVideo, "publish", "a WeriftVideo, or { video, audio }", publish);
    checkOptions(publish, mediaNames);
    expectThat(audio === undefined || audio instanceof WeriftAudio, "publish.audio", "a WeriftAudio", audio);
  }
  const isReceiver = subscribe === undefined || typeof subscribe?.attach === "function";
  expectThat(isReceiver, "subscribe", "a SeiSubscriber", subscribe);
}
