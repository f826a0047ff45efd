import { checkOptions, type FeedReader, type SeiFeed } from "@inband/stream";
import { ParticipantFeed } from "./participant-feed.ts";
import { checkStage, type IvsParticipant, type IvsStage, listenTo } from "./stage.ts";

/** Settings of an `ivsFeed`. */
export interface IvsFeedOptions {
  /**
   * Name of the feed. Those of the participants, which it attaches, have their ids.
   *
   * @defaultValue "ivs"
   */
  readonly name?: string;
}

const optionNames: ReadonlySet<string> = new Set(["name"] satisfies (keyof IvsFeedOptions)[]);

/**
 * The messages that a `Stage` of the Amazon IVS Web Broadcast SDK hands out. A subscriber with the profile `ivs()`, or
 * `ivs({ envelope: true })`, decodes them and delivers each one once, where the SDK tells of every copy. It attaches a feed for
 * each participant: `feed` of a message is the id of the participant, and so is the group, so that what one participant sends
 * neither hides nor numbers what another does, and a second path to the same participant joins it by that `group`.
 *
 * Attach it before `join`, so that it learns of all video. The strategy has to return
 * `{ inBandMessaging: { enabled: true } }` from `subscribeConfiguration`; without it the SDK hands out nothing. Frames are
 * counted twice a second, by the statistics of the browser, so that a participant whose video freezes is `stalled`, and one
 * whose messages stop in front of a video that goes on is `stripped`. Its video or the participant gone is `ended`. The SDK
 * tells no times: messages have neither `rtpTimestamp` nor `timestamp`, and nothing is presented with its frame.
 *
 * Messages without an envelope are told apart by their bytes, within 2 s of their arrival, since nothing tells the
 * times of their frames: 31 copies at less than 16 frames a second last longer, and so may fewer in a page that stands still.
 *
 * @throws TypeError if `stage` is not a Stage.
 *
 * @example
 * ```ts
 * const stage = new Stage(token, strategy);
 * const subscriber = new SeiSubscriber({ profiles: [ivs()] });
 * subscriber.attach(ivsFeed(stage));
 * subscriber.on("message", ({ value, feed: participantId }) => show(participantId, value));
 * await stage.join();
 * ```
 */
export function ivsFeed(stage: IvsStage, options: IvsFeedOptions = {}): SeiFeed {
  checkStage(stage);
  checkOptions(options, optionNames);
  return {
    name: options.name ?? "ivs",
    open(_sink, attach) {
      if (attach === undefined)
        throw new TypeError("attach: expected a subscriber that reads a feed for each participant");
      return new Participants(stage, attach);
    },
  };
}

/** The remote participants of a stage, as one subscriber reads them. */
class Participants implements Disposable {
  readonly #reader: FeedReader;
  readonly #participants = new Map<string, { readonly feed: ParticipantFeed; readonly attachment: Disposable }>();
  readonly #listening: Disposable;

  constructor(stage: IvsStage, reader: FeedReader) {
    this.#reader = reader;
    this.#listening = listenTo(stage, {
      stageParticipantJoined: (participant) => void this.#feedOf(participant),
      stageParticipantStreamsAdded: (participant, streams) => {
        const video = streams.find(({ mediaStreamTrack }) => mediaStreamTrack.kind === "video");
        if (video !== undefined) this.#feedOf(participant)?.videoAdded(video);
      },
      stageParticipantStreamsRemoved: ({ id }, streams) => {
        const hadVideo = streams.some(({ mediaStreamTrack }) => mediaStreamTrack.kind === "video");
        if (hadVideo) this.#participants.get(id)?.feed.videoRemoved();
      },
      stageParticipantLeft: ({ id }) => this.#left(id),
      stageStreamSeiMessageReceived: (participant, message) => this.#feedOf(participant)?.message(message),
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    for (const { attachment } of this.#participants.values()) attachment[Symbol.dispose]();
    this.#participants.clear();
  }

  /** Undefined for the local participant, whose messages nobody hands back. */
  #feedOf({ id, isLocal }: IvsParticipant): ParticipantFeed | undefined {
    if (isLocal) return undefined;
    const known = this.#participants.get(id);
    if (known !== undefined) return known.feed;
    const feed = new ParticipantFeed(id);
    this.#participants.set(id, { feed, attachment: this.#reader.attach(feed, { group: id }) });
    return feed;
  }

  #left(id: string): void {
    const left = this.#participants.get(id);
    if (left === undefined) return;
    this.#participants.delete(id);
    left.feed.videoRemoved();
    left.attachment[Symbol.dispose]();
  }
}
