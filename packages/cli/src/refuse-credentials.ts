import { UsageError } from "./usage-error.ts";

/** @throws UsageError for the address of a stage that is none, or holds a user or a password: WHIP and WHEP take neither. */
export function refuseCredentials(url: string): void {
  if (!/^https?:/i.test(url)) return;
  if (!URL.canParse(url)) throw new UsageError("The address is not a URL that http takes.");
  const { username, password, host } = new URL(url);
  if (username === "" && password === "") return;
  const advice = "leave them out, and give a token by --token or INBAND_TOKEN";
  throw new UsageError(`The address on ${host} holds a user or a password, which no stage takes: ${advice}.`);
}
