import { TokenError } from "@inband/stage/client";
import { CommandError } from "./command-error.ts";

/**
 * Says which server could not be reached where `fetch` only says that it failed, and how a command is given the token
 * that a stage misses.
 *
 * @throws CommandError, or what `request` throws.
 */
export async function reach<T>(url: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof TokenError && error.code === "missing") {
      const { host } = new URL(url);
      throw new CommandError(`${host} asks for a token: give one by --token or INBAND_TOKEN.`, { cause: error });
    }
    if (!(error instanceof TypeError) || !(error.cause instanceof Error)) throw error;
    const reason = (error.cause as NodeJS.ErrnoException).code ?? error.cause.message;
    throw new CommandError(`${new URL(url).host} cannot be reached (${reason}).`, { cause: error });
  }
}
