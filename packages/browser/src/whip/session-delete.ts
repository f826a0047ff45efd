/** The relation by which stages name the place where a page that goes ends its session. */
const relation = /<([^<>]*)>\s*;[^,]*\brel="?urn:ietf:params:whip:ivs-stages:session-delete"?/;

/** Where a session is ended by a beacon: the target of a `Link` header (RFC 8288), as the server wrote it. */
export function sessionDeleteTarget(link: string | null): string | null {
  return relation.exec(link ?? "")?.[1] ?? null;
}
