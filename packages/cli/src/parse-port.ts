import { CommandError } from "./command-error.ts";

/** @throws CommandError for what is no port. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new CommandError(`--port takes a whole number from 0 to 65535, not "${text}".`);
  }
  return port;
}
