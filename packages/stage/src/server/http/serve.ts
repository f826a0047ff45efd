import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { isLoopbackHost } from "../../loopback-host.ts";
import type { Stage } from "../stage.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { checkServe, type ServeOptions } from "./serve-options.ts";

/** Offers are small: a client that takes longer for one only holds the connection. In milliseconds. */
const timeouts = { connectionsCheckingInterval: 1000, headersTimeout: 10_000, requestTimeout: 15_000 };
const handshakeTimeout = 10_000;

/** A stage that listens. */
export interface ServedStage {
  /** Base of the stage's URLs and the `url` of its tokens, without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends the events sockets. The sessions go on until the stage is closed. */
  close(): Promise<void>;
}

/**
 * Serves a stage over HTTP, and its events socket. One that listens on this machine alone answers only requests that name
 * it so: a page of another site could reach it by a name of its own that leads here (DNS rebinding).
 *
 * @throws TypeError or RangeError that names an option; Error, with one sentence, when the address cannot be had.
 */
export async function serveStage(stage: Stage, options: ServeOptions = {}): Promise<ServedStage> {
  checkServe(stage, options);
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? 0;
  const isAddressed = isLoopbackHost(host) ? isForLoopback : () => true;
  const app = options.app ?? stage.app;
  const fetch: typeof stage.app.fetch = (request, env) =>
    isAddressed(request.headers.get("host")) ? app.fetch(request, env) : misdirected();
  const scheme = options.tls ? "https" : "http";
  const transport = options.tls ? { createServer: createSecureServer } : {};
  const serverOptions = { ...timeouts, ...(options.tls && { ...options.tls, handshakeTimeout }) };
  const server = createAdaptorServer({ fetch, hostname: host, ...transport, serverOptions }) as Server;
  server.maxConnections = options.maxConnections ?? 512;
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    if (!isAddressed(request.headers.host ?? null) || !/^\/(?:[^/?]+\/messages)?(?:\?|$)/.test(request.url ?? "")) {
      refuseUpgrade(socket, 404);
      return;
    }
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    stage.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  // A connection that cannot be accepted, for want of file descriptors: its client tries again, and the others go on.
  server.on("error", ({ message }) => process.emitWarning(`the stage has missed a connection: ${message}`));
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : port;
  return {
    url: `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${taken}`,
    close: () => close(server, upgraded),
  };
}

/** Whether a Host header names this machine as itself. */
function isForLoopback(header: string | null): boolean {
  const url = `http://${header ?? ""}`;
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

/** RFC 9110 15.5.20. */
function misdirected(): Response {
  const body = { error_code: "foreign-host", error_message: "the stage answers on this machine alone", code: 2001 };
  return Response.json(body, { status: 421 });
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

function close(server: Server, upgraded: Iterable<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
    for (const socket of [...upgraded]) socket.destroy();
  });
}
