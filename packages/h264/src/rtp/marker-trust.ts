/** So many pictures in a row whose only marker is on their last packet: then the marker ends an access unit again. */
const picturesUntilTrust = 8;

/** Whether the marker ends a picture, as it should, or may stand anywhere (RFC 6184 5.1). */
export class MarkerTrust {
  #isTrusted = true;
  #early = 0;
  #hasEarly = false;
  #picturesWithoutEarly = 0;

  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Markers behind which the same picture went on. */
  get early(): number {
    return this.#early;
  }

  /** A picture goes on behind a marker. */
  wasEarly(): void {
    this.#early += 1;
    this.#hasEarly = true;
    this.#isTrusted = false;
  }

  /** A picture has ended; its last packet had a marker, or none. */
  ended(isMarked: boolean): void {
    if (!this.#isTrusted) {
      this.#picturesWithoutEarly = isMarked && !this.#hasEarly ? this.#picturesWithoutEarly + 1 : 0;
      this.#isTrusted = this.#picturesWithoutEarly >= picturesUntilTrust;
    }
    this.#hasEarly = false;
  }
}
