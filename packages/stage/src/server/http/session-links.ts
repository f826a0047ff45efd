/** Relation of the URL to which a page posts its token when it goes (`sendBeacon`), where it cannot send DELETE. */
const sessionDelete = "urn:ietf:params:whip:ivs-stages:session-delete";
/** Relations of the URLs by which a subscriber pauses sections, and chooses a simulcast layer. */
const playbackControls = "urn:ietf:params:whep:core:playback-controls";
const layer = "urn:ietf:params:whep:ext:core:layer";

/** URLs that belong to a session. */
export interface SessionUrls {
  readonly leave: string;
  /** Of one who receives. */
  readonly playback?: string;
  readonly layer?: string;
}

/** The URLs of a session of one who publishes or receives. */
export function sessionUrls(session: string, role: "publish" | "subscribe"): SessionUrls {
  const leave = `${session}/leave`;
  return role === "publish" ? { leave } : { leave, playback: `${session}/playback`, layer: `${session}/layer` };
}

/** The `Link` header of a session (RFC 8288), in the form that the Amazon IVS Web Broadcast SDK reads: `<URL>; rel="NAME"`. */
export function sessionLinks(urls: SessionUrls): string {
  return [
    [urls.leave, sessionDelete],
    [urls.playback, playbackControls],
    [urls.layer, layer],
  ]
    .filter(([url]) => url !== undefined)
    .map(([url, relation]) => `<${url}>; rel="${relation}"`)
    .join(", ");
}
