import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Stage } from "@inband/stage/server";
import type { Hono } from "hono";
import { CommandError } from "../command-error.ts";

/** The port of the demo where none is asked for. */
export const defaultPort = 8642;
/** How many ports above the default are tried. */
const triedPorts = 20;

/** Connections at once; a page takes some 8. */
const maxConnections = 512;
/** For who sends a request slowly or not at all; answers may take as long as they like. In milliseconds. */
const timeouts = { connectionsCheckingInterval: 1000, headersTimeout: 10_000, requestTimeout: 15_000 };

/** A running HTTP server on this machine alone. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** The port that was free in place of the default, which somebody holds. */
  readonly isSecondChoice: boolean;
}

/**
 * Serves `app` on 127.0.0.1, and the events socket of `stage`: on `port`, or without one on the default port or the next
 * free one.
 *
 * @throws CommandError where no port can be had.
 */
export async function listen(app: Hono, stage: Stage, port: number | undefined): Promise<Listening> {
  const candidates = port === undefined ? Array.from({ length: triedPorts }, (_, i) => defaultPort + i) : [port];
  for (const candidate of candidates) {
    const server = createAdaptorServer({ fetch: app.fetch, serverOptions: timeouts }) as Server;
    server.maxConnections = maxConnections;
    server.on("upgrade", stage.handleUpgrade);
    const bound = await bind(server, candidate);
    if (bound !== undefined) {
      return {
        port: bound,
        isSecondChoice: port === undefined && bound !== defaultPort,
        [Symbol.asyncDispose]: () => close(server),
      };
    }
  }
  throw new CommandError(
    port === undefined
      ? `The ports ${defaultPort} to ${defaultPort + triedPorts - 1} are all taken; choose another with --port.`
      : `Port ${port} is taken; choose another with --port, or leave it out and the demo finds a free one.`,
  );
}

/** The port that the server got, or undefined when it is taken. */
async function bind(server: Server, port: number): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else if (error.code === "EACCES") {
        reject(
          new CommandError(`Port ${port} needs more rights than this user has; choose one from 1024 up with --port.`),
        );
      } else reject(error);
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
