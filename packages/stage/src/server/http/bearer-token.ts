/** The token in an `Authorization` header (RFC 6750 2.1); undefined where there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? "")?.[1];
}
