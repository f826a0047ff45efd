import type { IncomingMessage } from "node:http";
import type { Hono } from "hono";
import { sessionUrls } from "../http/session-links.ts";
import type { ClientMessage } from "./client-message.ts";

/** The payload of SDP_ANSWER: what an HTTP response would say, in the fields of the Amazon IVS SDK. */
export interface SocketAnswer {
  readonly requestId: string;
  readonly httpStatusCode: number;
  readonly content?: string;
  readonly location?: string;
  readonly sessionDeleteLink?: string;
  readonly subscriberControlLink?: string;
  readonly videoLayersLink?: string;
  readonly errorCode?: number;
}

/**
 * Answers an offer that came over the events socket, by the same resources that take one by HTTP: same checks, same limits.
 *
 * @param request The request that opened the socket: it knows where the client is.
 */
export async function offerOverSocket(
  app: Hono,
  { requestId, whipUrl, sdp, initialLayerPref }: Extract<ClientMessage, { readonly type: "offer" }>,
  token: string,
  request: IncomingMessage,
): Promise<SocketAnswer> {
  // The stage may be mounted anywhere: what stands in front is the application's.
  const path = /\/[^/]+\/[^/]+$/.exec(whipUrl.pathname)?.[0] ?? "/";
  const headers = {
    ...{ authorization: `Bearer ${token}`, "content-type": "application/sdp", "x-stages-sdk": "xdp" },
    ...(initialLayerPref === "lowest" && { "x-stages-initial-layer-pref": initialLayerPref }),
  };
  const response = await app.request(path, { method: "POST", headers, body: sdp }, { incoming: request });
  const body = await response.text();
  const { status: httpStatusCode } = response;
  if (httpStatusCode !== 201) return { requestId, httpStatusCode, errorCode: codeIn(body) };
  const sessionId = response.headers.get("location")?.split("/").at(-1);
  const location = `${whipUrl.origin}${whipUrl.pathname}/${sessionId}`;
  const { leave, playback, layer } = sessionUrls(location, path.startsWith("/publish/") ? "publish" : "subscribe");
  return {
    ...{ requestId, httpStatusCode, content: body, location, sessionDeleteLink: leave },
    ...(playback !== undefined && { subscriberControlLink: playback }),
    ...(layer !== undefined && { videoLayersLink: layer }),
  };
}

function codeIn(body: string): number {
  try {
    return Number(JSON.parse(body).code);
  } catch {
    return 0;
  }
}
