import { followedUrl, maxRedirects, RemoteError, refusal, stageUrl } from "@inband/stage-protocol";
import type { ConnectOptions } from "./connect-options.ts";

/** Statuses of a redirect. The method stays POST for all of them, as WHIP requires and as Amazon IVS relies on. */
const redirects = new Set([301, 302, 303, 307, 308]);

/** Bytes of an answer or of an error that are read. */
const maxBodyBytes = 256 * 1024;

/** A 2xx response to an offer. */
export interface AcceptedOffer {
  /** Where the offer was accepted, after redirects. */
  readonly url: URL;
  /** The Location header. */
  readonly location: string | null;
  readonly status: number;
  /** Reads the answer, up to 256 KiB of it. */
  readAnswer(): Promise<string>;
}

/**
 * Sends an offer by POST (RFC 9725 4.2), and again where it is redirected.
 *
 * @throws TokenError for status 401, RemoteError for any other refusal, the reason of the signal, TypeError for a URL that holds
 * a user or a password.
 */
export async function postOffer(
  offer: string,
  options: ConnectOptions & { readonly signal: AbortSignal },
): Promise<AcceptedOffer> {
  let url = stageUrl(options.url);
  for (let redirected = 0; ; redirected++) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", ...authorization(options.token) },
      body: offer,
      redirect: "manual",
      signal: options.signal,
    });
    const location = response.headers.get("location");
    if (!redirects.has(response.status)) {
      if (!response.ok) throw refusal(response.status, await readBody(response));
      return { url, location, status: response.status, readAnswer: () => readBody(response) };
    }
    await response.body?.cancel();
    if (redirected === maxRedirects) {
      throw new RemoteError(response.status, "", `the stage redirects more than ${maxRedirects} times`);
    }
    url = followedUrl(url, location, response.status, options.trustedHosts ?? []);
  }
}

/** The header that carries a token, if there is one. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = maxBodyBytes;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    // Leaving the loop cancels what is still to come.
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString();
}
