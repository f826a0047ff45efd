import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Stage } from "./stage.ts";

/** Where a stage listens. */
export interface ServeOptions {
  /** Default `127.0.0.1`: reachable from this machine only. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** HTTP connections at once; more are dropped. Default 512. Media does not count: it has connections of its own. */
  readonly maxConnections?: number;
}

/** Offers are small: who needs longer for one holds the connection only. In milliseconds. */
const timeouts = { connectionsCheckingInterval: 1000, headersTimeout: 10_000, requestTimeout: 15_000 };

/** A stage that listens. */
export interface ServedStage {
  /** Base of the stage's URLs and the `url` of its tokens, without a slash at the end. */
  readonly url: string;
  /** Stops listening. The sessions go on until the stage is closed. */
  close(): Promise<void>;
}

/** Serves a stage over HTTP. Rejects with one clear sentence when the address cannot be had. */
export async function serveStage(stage: Stage, options: ServeOptions = {}): Promise<ServedStage> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? 0;
  const server = createAdaptorServer({ fetch: stage.app.fetch, hostname: host, serverOptions: timeouts }) as Server;
  server.maxConnections = options.maxConnections ?? 512;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    close: () => close(server),
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason =
    error.code === "EADDRINUSE"
      ? "the port is taken"
      : error.code === "EACCES"
        ? "this user may not use the port"
        : error.message;
  return new Error(`the stage cannot listen on ${host}:${port}: ${reason}`, { cause: error });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
