/** Those who read messages without the video, by the participants whose tokens they have shown. */
export class MessageAudience {
  readonly #participantOf = new Map<() => void, string>();

  get size(): number {
    return this.#participantOf.size;
  }

  /**
   * Counts one in, until what is returned is called.
   *
   * @param end Ends it where its participant is removed from the stage.
   */
  enter(participantId: string, end: () => void): () => void {
    this.#participantOf.set(end, participantId);
    return () => this.#participantOf.delete(end);
  }

  /** Ends all that one participant reads. */
  kick(participantId: string): void {
    for (const [end, reader] of [...this.#participantOf]) if (reader === participantId) end();
  }
}
