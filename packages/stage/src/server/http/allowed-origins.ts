import { isLoopbackHost } from "../../loopback-host.ts";
import type { StageOptions } from "../stage-options.ts";

/** The pages that may call a stage: those that are allowed by name, any on this machine, and those that its server serves. */
export class AllowedOrigins {
  readonly #named: ReadonlySet<string>;

  /** @throws TypeError for what no browser calls an origin, which would never match. */
  constructor({ allowedOrigins = [] }: StageOptions) {
    for (const origin of allowedOrigins) {
      if (isOrigin(origin)) continue;
      throw new TypeError(`allowedOrigins: expected origins such as https://app.example.com, got ${origin}`);
    }
    this.#named = new Set(allowedOrigins);
  }

  /**
   * Whether a page of an origin may call. What names none comes from no page.
   *
   * @param host The Host header of the request.
   */
  admit(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#named.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const { protocol, hostname, host: own } = new URL(origin);
    return /^https?:$/.test(protocol) && (own === host || isLoopbackHost(hostname));
  }
}

/** As browsers write it (RFC 6454 6.1), those of applications that pack a page included, such as `capacitor://localhost`. */
function isOrigin(text: string): boolean {
  if (/^https?:/i.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][a-z\d+.-]*:\/\/[^\s/?#]+$/.test(text);
}
