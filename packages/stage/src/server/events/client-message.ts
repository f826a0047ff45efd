/** What a client of the events socket sends: the messages of the Amazon IVS Web Broadcast SDK 1.41.0. */
export type ClientMessage =
  | { readonly type: "ping" }
  | { readonly type: "set-state"; readonly audioMuted?: boolean; readonly videoStopped?: boolean }
  | {
      readonly type: "offer";
      readonly requestId: string;
      readonly whipUrl: URL;
      readonly sdp: string;
      readonly initialLayerPref?: string;
    }
  | { readonly type: "exchange-token"; readonly requestId: string; readonly traceId: string; readonly token: string };

/** Reads a message; undefined for what is none, or has not what it must have. Ids come back as they were, up to a length. */
export function readClientMessage(text: string): ClientMessage | undefined {
  const message = parse(text);
  if (!message) return undefined;
  const payload = isObject(message.payload) ? message.payload : {};
  switch (message.type) {
    case "PING":
      return { type: "ping" };
    case "SET_STATE":
      return { type: "set-state", ...flag(message, "audioMuted"), ...flag(message, "videoStopped") };
    case "aws:ivs:SDP_OFFER":
      return offerOf(payload);
    case "aws:ivs:EXCHANGE_TOKEN": {
      const { requestId, traceId, newToken } = payload;
      if (!isId(requestId) || !isId(traceId) || typeof newToken !== "string") return undefined;
      return { type: "exchange-token", requestId, traceId, token: newToken };
    }
    default:
      return undefined;
  }
}

function offerOf(payload: Readonly<Record<string, unknown>>): ClientMessage | undefined {
  const { requestId, whipUrl, content, initialLayerPref } = payload;
  if (!isId(requestId) || typeof whipUrl !== "string" || typeof content !== "string") return undefined;
  if (!URL.canParse(whipUrl)) return undefined;
  const preference = isId(initialLayerPref) ? { initialLayerPref } : {};
  return { type: "offer", requestId, whipUrl: new URL(whipUrl), sdp: content, ...preference };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= 200;
}

function flag<Name extends string>(
  message: Readonly<Record<string, unknown>>,
  name: Name,
): Partial<Record<Name, boolean>> {
  return typeof message[name] === "boolean" ? ({ [name]: message[name] } as Record<Name, boolean>) : {};
}
