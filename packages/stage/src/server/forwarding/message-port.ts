import { type PublishOptions, type Receipt, SeiPublisher } from "@inband/publisher";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import { behindPicture } from "./behind-picture.ts";
import type { ForwardedTrack } from "./forwarded-track.ts";
import { RetainedEntries } from "./retained-entries.ts";

/** Messages that are kept for readers who come back, and the most characters of them, of 3 bytes at most. */
const most = { entries: 1000, characters: 1024 * 1024 };

/** A message for the next frames of a stage waits this long for one: encoders may send few. */
const expiresAfterMs = 10_000;

/**
 * What a reader of messages is told: a message, messages that are known to be lost, or that the message which it heard last
 * is not known any more, so that some may be missing.
 */
export interface PortEntry {
  /** That of the message; a gap, and a retained message that came before the reader, go by the last one before them. */
  readonly id?: string;
  readonly event: "message" | "gap" | "reset";
  /** JSON. */
  readonly data: string;
}

/** Messages of one publication for those who have no video: into it, and out of it. */
export class MessagePort {
  readonly #track: ForwardedTrack;
  readonly #publisher = new SeiPublisher({ expiresAfterMs });
  readonly #subscriber = new SeiSubscriber({ profiles: [inband(), ivs({ envelope: true }), ivs()] });
  readonly #recent: PortEntry[] = [];
  readonly #retained = new RetainedEntries();
  /** Ids, by topic, of what our own publisher retains, which bounds their number. */
  readonly #newestRetained = new Map<string | undefined, string>();
  readonly #readers = new Set<(entry: PortEntry | undefined) => void>();
  #flush = () => {};
  #recentCharacters = 0;
  #isAttached = false;
  #hasReaders = false;
  #lastId = "";

  constructor(track: ForwardedTrack) {
    this.#track = track;
    // What fails here is the publisher's or a reader's to hear, and both do.
    this.#publisher.on("error", () => {});
    this.#subscriber.on("error", () => {});
    this.#subscriber.on("message", (message) => {
      this.#lastId = message.id;
      // What tells of the way from the publisher to this port means nothing behind it.
      const { stream, feed, copies, isBacklog, ...told } = message.toJSON();
      const data = JSON.stringify(told);
      this.#retained.add(message, data);
      this.#tell("message", data);
    });
    this.#subscriber.on("ended", ({ source }) => {
      if (source !== undefined) this.#retained.left(source);
    });
    this.#subscriber.on("gap", (gap) => this.#tell("gap", JSON.stringify(gap)));
    this.#subscriber.attach({
      name: "stage",
      open: (sink) => {
        const behind = behindPicture(sink);
        this.#flush = behind.flush;
        return { [Symbol.dispose]: track.readMessages(behind.sink) };
      },
    });
  }

  /**
   * Puts a value into the video, when the messages before it leave room. One that has not left will not: it is retained no
   * longer, either.
   *
   * @throws PublishError, TypeError or RangeError for what cannot be published.
   */
  async publish(value: unknown, options: PublishOptions): Promise<Receipt> {
    if (!this.#isAttached) {
      this.#publisher.attach(this.#track.carrier());
      this.#isAttached = true;
    }
    await this.#publisher.ready;
    const { topic, retain } = options;
    const { id, sent } = this.#publisher.publish(value as never, options);
    if (retain) this.#newestRetained.set(topic, id);
    const receipt = await sent;
    if (receipt.outcome !== "sent" && this.#newestRetained.get(topic) === id) {
      this.#newestRetained.delete(topic);
      this.#publisher.unretain(topic);
    }
    return receipt;
  }

  /**
   * Calls a reader with what comes from now on. Before that with what came since a message, where it is still known; where
   * it is not, or where there is none, with the newest message of each retained topic. Calls it with undefined at the end.
   * Returns what takes the reader off.
   */
  read(reader: (entry: PortEntry | undefined) => void, sinceId?: string): () => void {
    const since = this.#recent.findLastIndex(({ id }) => id === sinceId);
    if (sinceId !== undefined && since >= 0) {
      for (const entry of this.#recent.slice(since + 1)) reader(entry);
    } else {
      if (sinceId !== undefined) reader({ event: "reset", data: JSON.stringify({ lastEventId: sinceId }) });
      for (const { id, data } of this.#retained.values()) {
        if (id !== sinceId) reader({ id: this.#lastId, event: "message", data });
      }
    }
    this.#readers.add(reader);
    // What was retained before this port listened comes again with it.
    if (!this.#hasReaders) this.#track.requestKeyFrame();
    this.#hasReaders = true;
    return () => this.#readers.delete(reader);
  }

  /** Ends it, when its readers have been told of all that has come. */
  close(): void {
    this.#flush();
    this.#publisher.close();
    this.#subscriber.close();
    for (const reader of [...this.#readers]) reader(undefined);
    this.#readers.clear();
  }

  #tell(event: PortEntry["event"], data: string): void {
    const entry = { ...(this.#lastId === "" ? {} : { id: this.#lastId }), event, data };
    this.#recent.push(entry);
    this.#recentCharacters += data.length;
    while (this.#recent.length > most.entries || this.#recentCharacters > most.characters) {
      this.#recentCharacters -= this.#recent.shift()?.data.length ?? 0;
    }
    for (const reader of this.#readers) reader(entry);
  }
}
