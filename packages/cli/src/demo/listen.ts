import { type Stage, serveStage } from "@inband/stage/server";
import type { Hono } from "hono";
import { CommandError } from "../command-error.ts";

/** The port of the demo where none is asked for. */
export const defaultPort = 8642;
/** How many ports above the default are tried. */
const triedPorts = 20;

/** A running HTTP server on this machine alone. */
export interface Listening extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** The port that was free in place of the default, which somebody holds. */
  readonly isSecondChoice: boolean;
}

/**
 * Serves `app` on 127.0.0.1, and the sockets of `stage`: on `port`, or without one on the default port or the next free one.
 *
 * @throws CommandError where no port can be had.
 */
export async function listen(app: Hono, stage: Stage, port: number | undefined): Promise<Listening> {
  const candidates = port === undefined ? Array.from({ length: triedPorts }, (_, i) => defaultPort + i) : [port];
  for (const candidate of candidates) {
    const served = await serveStage(stage, { app, port: candidate }).catch((error: Error) => {
      const { code } = Object(error.cause) as NodeJS.ErrnoException;
      if (code === "EADDRINUSE") return undefined;
      if (code !== "EACCES") throw error;
      const advice = "choose one from 1024 up with --port";
      throw new CommandError(`Port ${candidate} needs more rights than this user has; ${advice}.`, { cause: error });
    });
    if (served === undefined) continue;
    return {
      url: served.url,
      isSecondChoice: port === undefined && candidate !== defaultPort,
      [Symbol.asyncDispose]: () => served.close(),
    };
  }
  throw new CommandError(
    port === undefined
      ? `The ports ${defaultPort} to ${defaultPort + triedPorts - 1} are all taken; choose another with --port.`
      : `Port ${port} is taken; choose another with --port, or leave it out and the demo finds a free one.`,
  );
}
