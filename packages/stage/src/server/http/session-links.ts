/** Relation of the URL to which a page posts its token when it goes (`sendBeacon`), where it cannot send DELETE. */
const sessionDelete = "urn:ietf:params:whip:ivs-stages:session-delete";

/** The `Link` header of a session (RFC 8288), in the form that the Amazon IVS Web Broadcast SDK reads: `<URL>; rel="NAME"`. */
export function sessionLinks(sessionPath: string): string {
  return `<${sessionPath}/leave>; rel="${sessionDelete}"`;
}
