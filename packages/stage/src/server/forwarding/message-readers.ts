import { RtpSeiReader, type SeiSink, type UserData, type UserDataPlace } from "@inband/stream";

/** Those who read the messages of a video, of which each packet is read once for all. */
export class MessageReaders {
  readonly #sinks = new Set<SeiSink>();
  readonly #all: SeiSink = {
    userData: (message: UserData, place: UserDataPlace) => {
      for (const sink of this.#sinks) sink.userData(message, place);
    },
    accessUnits: (count, first) => {
      for (const sink of this.#sinks) sink.accessUnits(count, first);
    },
    broken: (count, stream) => {
      for (const sink of this.#sinks) sink.broken(count, stream);
    },
    failed: (error) => {
      for (const sink of this.#sinks) sink.failed(error);
    },
    // Whether the publisher is there is known otherwise.
    stalled() {},
    ended() {},
  };

  /** Whether nobody reads. */
  get isEmpty(): boolean {
    return this.#sinks.size === 0;
  }

  /** Adds one, until what is returned is called. */
  add(sink: SeiSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** What reads one RTP stream of the video for all of them. */
  readerOf(stream: string): RtpSeiReader {
    return new RtpSeiReader(stream, this.#all);
  }

  clear(): void {
    this.#sinks.clear();
  }
}
