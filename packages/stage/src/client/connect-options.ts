/** How to join. */
export interface ConnectOptions {
  /** Takes the offer: a WHIP or WHEP endpoint, or a URL of `stageEndpoints`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Absent for servers that ask for none. */
  readonly token?: string;
  /**
   * Hosts, beside those of the service, to which a redirect may take the token.
   *
   * @defaultValue none
   */
  readonly trustedHosts?: readonly string[];
  /**
   * How long the exchange may take, redirects included, in milliseconds. A stage waits 10 seconds for a publisher to
   * connect.
   *
   * @defaultValue 15000
   */
  readonly timeoutMs?: number;
  /** Aborts the exchange; once joined, use `close`. */
  readonly signal?: AbortSignal;
}
