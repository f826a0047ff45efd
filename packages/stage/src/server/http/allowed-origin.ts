import { isLoopbackHost } from "../../loopback-host.ts";

/** Whether a page of an origin may call the stage: one that is allowed by name, or any on this machine. */
export function isAllowedOrigin(origin: string, allowed: ReadonlySet<string>): boolean {
  if (allowed.has(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return /^https?:$/.test(protocol) && isLoopbackHost(hostname);
}
