import { isUrl } from "./input-name.ts";

/** Names in a path that are made to be guessed by nobody, as the stream keys of RTMP, RTSP and WHIP servers are. */
const guardedName = /(?<![\w-])(?=[\w-]*\d)[\w-]{20,}/g;

/**
 * An input or output as it may be shown and logged: a file as it is, a URL without what lets others in. That is its user
 * and password, its query (SRT: passphrase, streamid) and fragment; of RTMP all behind the application, the stream key; and
 * in every other path each name of 20 or more letters and digits, one digit at least. Shorter names in a path are shown.
 */
export function shownInput(input: string): string {
  if (input === "pipe:0") return "standard input";
  if (!isUrl(input) || input.startsWith("file:")) return input;
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:(?:\/\/)?)(.*)$/is.exec(input) ?? [];
  const withoutQuery = rest.replace(/[?#].*$/s, "");
  const [, authority = "", path = ""] = /^([^/]*)(.*)$/s.exec(withoutQuery) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (!/^rtmp/i.test(scheme)) return scheme + host + path.replace(guardedName, "...");
  const [, application = "", key = ""] = /^(\/[^/]*)(.*)$/s.exec(path) ?? [];
  return scheme + host + application + (key.length > 1 ? "/..." : key);
}
