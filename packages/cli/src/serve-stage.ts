import { type ServeOptions, type Stage, serveStage } from "@inband/stage/server";
import { CommandError } from "./command-error.ts";
import { reachableUrl } from "./reachable-url.ts";

/** A stage that a command serves, until it is disposed of. */
export interface CommandStage extends AsyncDisposable {
  /** By which others reach it, and the `url` of its tokens. */
  readonly url: string;
}

/** @throws CommandError, with one sentence, when the address cannot be had. */
export async function serveForOthers(stage: Stage, options: ServeOptions & { host: string }): Promise<CommandStage> {
  const served = await serveStage(stage, options).catch((error: Error) => {
    throw new CommandError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, { cause: error });
  });
  return { url: reachableUrl(served.url, options.host), [Symbol.asyncDispose]: () => served.close() };
}
