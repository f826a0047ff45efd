import { connect, type Socket } from "node:net";

/** A reader of messages without the video, which counts the bytes that the connection brings. */
export class MessageReader implements Disposable {
  readonly #socket: Socket;
  readonly #ids: string[] = [];

  constructor(url: string, path: string, token: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    let rest = "";
    this.#socket.setEncoding("latin1").on("data", (text) => {
      rest += text;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const id = /^id: (.*)/.exec(line)?.[1];
        if (id !== undefined) this.#ids.push(id);
      }
    });
    this.#socket.on("error", () => {});
  }

  /** In the order in which they came. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Payloads of TCP so far. */
  get bytes(): number {
    return this.#socket.bytesRead;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
