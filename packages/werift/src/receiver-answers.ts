import { WakeTimer } from "@inband/stream";

/** The pause between two questions, in milliseconds: the first one after an answer, doubled while none comes. */
const pauses = { firstMs: 100, longestMs: 1000 } as const;

/** What `ReceiverAnswers` needs of its video. */
export interface ReceiverAnswersOptions<Peer> {
  /** Those that may be there. */
  peers(): readonly Peer[];
  /** Resolves to whether a peer has answered this very question. Never rejects. */
  ask(peer: Peer): Promise<boolean>;
  /** Receipts are to be looked at again: those that still wait call `want`. */
  review(): void;
}

/**
 * Asks the peers of a video for an answer while receipts wait for one: one peer at a time, in turn, since one that is there
 * will do for a receipt. At most 10 questions a second, whatever is published and however many peers there are.
 */
export class ReceiverAnswers<Peer> {
  readonly #options: ReceiverAnswersOptions<Peer>;
  readonly #timer = new WakeTimer(() => this.#look());
  #pauseMs: number = pauses.firstMs;
  #isWanted = false;
  #isAboutToAsk = false;
  #asked: Peer | undefined;
  #isClosed = false;

  constructor(options: ReceiverAnswersOptions<Peer>) {
    this.#options = options;
  }

  /** A receipt waits. */
  want(): void {
    this.#isWanted = true;
    if (this.#timer.isSet || this.#isAboutToAsk || this.#isClosed) return;
    this.#isAboutToAsk = true;
    // What is to be answered for has left by then: packets are encrypted in turns of their own.
    setImmediate(() => {
      this.#isAboutToAsk = false;
      this.#ask();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
  }

  #look(): void {
    this.#isWanted = false;
    this.#options.review();
    if (this.#isWanted) this.#ask();
  }

  #ask(): void {
    if (this.#isClosed) return;
    this.#timer.after(this.#pauseMs);
    this.#pauseMs = Math.min(pauses.longestMs, 2 * this.#pauseMs);
    const peers = this.#options.peers();
    const turn = this.#asked === undefined ? -1 : peers.indexOf(this.#asked);
    const peer = peers[(turn + 1) % peers.length];
    this.#asked = peer;
    if (peer === undefined) return;
    void this.#options.ask(peer).then((hasAnswered) => {
      if (!hasAnswered || this.#isClosed) return;
      this.#pauseMs = pauses.firstMs;
      this.#options.review();
    });
  }
}
