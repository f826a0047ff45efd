import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Answers a request for an upgrade with an error status, and a body of JSON where one is given, and ends the connection:
 * the HTTP server has let go of it, so that no timeout of its own would.
 */
export function refuseUpgrade(socket: Duplex, status: number, body?: object): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close"];
  if (body !== undefined) head.push("Content-Type: application/json");
  // Without a listener the reset of a connection would end the process.
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end([...head, `Content-Length: ${Buffer.byteLength(text)}`, "", text].join("\r\n"));
}
