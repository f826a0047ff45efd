/** A place at a server. */
export interface WhipSession {
  /** The session's own URL; undefined where the server gives none. */
  readonly location: string | undefined;
  /**
   * Leaves: closes the connection and tells the server (DELETE). A page that goes does so by itself, by the server's link
   * for beacons where it gives one. Idempotent; never throws.
   */
  close(): void;
}
