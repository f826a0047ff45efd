import { isLoopbackHost } from "../../loopback-host.ts";

/**
 * Whether a page of an origin may call the stage: one that is allowed by name, any on this machine, or one that the server
 * of the stage serves itself.
 *
 * @param host The Host header of the request.
 */
export function isAllowedOrigin(origin: string, host: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (allowed.has(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, host: own } = new URL(origin);
  return /^https?:$/.test(protocol) && (own === host || isLoopbackHost(hostname));
}
