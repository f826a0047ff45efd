import { RemoteError } from "./remote-error.ts";

/** Redirects that are followed for one request. */
export const maxRedirects = 5;

/**
 * Where a redirect leads, if the token may go there too. It stays on its host, or goes to a host under the same parent
 * domain of three labels or more (`global.whip.live-video.net` sends its clients to `*.whip.live-video.net`), or to one
 * of `trustedHosts`; it never goes from https to http. Throws `RemoteError`.
 */
export function followedUrl(from: URL, location: string | null, status: number, trustedHosts: readonly string[]): URL {
  if (location === null || !URL.canParse(location, from.href)) {
    throw new RemoteError(status, "", `the stage answered ${status} without a usable Location`);
  }
  const to = new URL(location, from);
  if (to.protocol !== "https:" && (to.protocol !== "http:" || from.protocol === "https:")) {
    throw new RemoteError(
      status,
      "",
      `the stage redirects from ${from.protocol} to ${to.protocol}: the token stays here`,
    );
  }
  if (hasCredentials(to)) {
    throw new RemoteError(
      status,
      "",
      "the stage redirects to an address with a user or a password, which is not followed",
    );
  }
  if (!mayFollow(from.hostname, to.hostname) && !trustedHosts.includes(to.hostname)) {
    throw new RemoteError(
      status,
      "",
      `the stage redirects from ${from.hostname} to ${to.hostname}: name it in trustedHosts if it may have the token`,
    );
  }
  return to;
}

/**
 * The address of a stage.
 *
 * @throws TypeError for none, and for one with a user or a password. `fetch` refuses it too, and repeats them in its message.
 */
export function stageUrl(url: string | URL, base?: string): URL {
  if (!URL.canParse(url, base)) throw new TypeError("url: expected the URL of a stage");
  const parsed = new URL(url, base);
  if (hasCredentials(parsed)) throw new TypeError("url: leave the user and the password out, and give a token");
  return parsed;
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

function mayFollow(from: string, to: string): boolean {
  if (from === to) return true;
  if (/^[\d.]+$|^\[/.test(from)) return false;
  const parent = from.slice(from.indexOf(".") + 1);
  return from.includes(".") && parent.split(".").length >= 3 && (to === parent || to.endsWith(`.${parent}`));
}
