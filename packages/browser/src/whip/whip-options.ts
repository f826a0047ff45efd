/** How to join. */
export interface WhipOptions {
  /** The WHIP or WHEP endpoint, which takes the offer. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Absent for servers that ask for none. */
  readonly token?: string;
  /**
   * Hosts, beside those of the service, to which a redirect may take the token.
   *
   * @defaultValue none
   */
  readonly trustedHosts?: readonly string[];
  /** How long the exchange may take, in milliseconds. @defaultValue 15 000 */
  readonly timeoutMs?: number;
  /** Gives up the exchange; once joined, use `close`. */
  readonly signal?: AbortSignal;
}
