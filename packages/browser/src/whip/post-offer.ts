import { followedUrl, stageUrl } from "@inband/stage-protocol";
import type { WhipOptions } from "./whip-options.ts";

/** How an offer is sent. */
export type PostOptions = Pick<WhipOptions, "url"> & {
  readonly token: string | undefined;
  readonly trustedHosts: readonly string[];
  readonly signal: AbortSignal;
};

/**
 * Sends an offer by POST (RFC 9725 4.2). The browser follows redirects, and leaves the token behind where they lead to
 * another origin: there the offer is sent again, with the token, to a host that may have it.
 *
 * @throws RemoteError for a redirect to a host that may not have the token, TypeError for a URL that holds a user or a
 * password, what `fetch` throws.
 */
export async function postOffer(offer: string, options: PostOptions): Promise<Response> {
  const { url, token, trustedHosts, signal } = options;
  const post = (to: string | URL): Promise<Response> =>
    fetch(to, {
      method: "POST",
      headers: { ...authorization(token), "content-type": "application/sdp" },
      body: offer,
      signal,
    });
  const from = stageUrl(url, globalThis.location?.href);
  const response = await post(from);
  if (token === undefined || !response.redirected || response.status !== 401) return response;
  await response.body?.cancel();
  return post(followedUrl(from, response.url, response.status, trustedHosts));
}

/** The header that carries a token, if there is one. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
