import { checkOptions } from "@inband/wire";
import { expectThat } from "../expect-that.ts";

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

const connectOptionNames: ReadonlySet<string> = new Set([
  "url",
  "token",
  "trustedHosts",
  "timeoutMs",
  "signal",
] satisfies (keyof ConnectOptions)[]);

/** @throws TypeError that names what is not as it should be. */
export function checkConnect(pc: unknown, options: ConnectOptions): void {
  const { offer, getTransceivers } = Object(pc) as { readonly offer?: unknown; readonly getTransceivers?: unknown };
  const isPeer = typeof offer === "function" || typeof getTransceivers === "function";
  expectThat(isPeer, "pc", "an RTCPeerConnection of werift, or an OfferingPeer", pc);
  expectThat(options !== undefined, "options", "an object with a url", options);
  checkOptions(options, connectOptionNames);
  const { url, token, trustedHosts, signal } = options;
  expectThat(typeof url === "string", "url", "an http or https URL", url);
  expectThat(token === undefined || typeof token === "string", "token", "a string", token);
  expectThat(
    trustedHosts === undefined || Array.isArray(trustedHosts),
    "trustedHosts",
    "an array of hosts",
    trustedHosts,
  );
  expectThat(signal === undefined || signal instanceof AbortSignal, "signal", "an AbortSignal", signal);
}
