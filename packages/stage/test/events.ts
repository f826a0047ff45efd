import { until } from "@inband/rig/until";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A message of the events socket. */
export interface EventMessage {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by type, and the test names what it reads.
  readonly payload?: any;
}

/** A client of the events socket, as the Amazon IVS SDK opens it. It ends with the test. */
export class EventsClient {
  readonly socket: WebSocket;
  readonly messages: EventMessage[] = [];
  /** The close code, or the HTTP status that refused it. */
  ended: number | undefined;

  constructor(
    url: string,
    token: string,
    options: { readonly origin?: string; readonly query?: string; readonly headers?: Record<string, string> } = {},
  ) {
    const { query = "?error_over_ws=1&topic=test/publishers", ...more } = options;
    this.socket = new WebSocket(`${url.replace(/^http/, "ws")}/${query}`, token === "" ? [] : [token], more);
    this.socket.on("message", (data) => this.messages.push(JSON.parse(String(data))));
    this.socket.on("close", (code) => {
      this.ended ??= code;
    });
    this.socket.on("unexpected-response", (_request, response) => {
      this.ended = response.statusCode;
    });
    this.socket.on("error", () => {});
    onTestFinished(() => this.socket.terminate());
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  of(type: string): EventMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** Waits for so many messages of a type; resolves to the payload of the last. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  async payload(type: string, count = 1): Promise<any> {
    await until(() => this.of(type).length >= count);
    return this.of(type).at(-1)?.payload;
  }

  /** Waits until the state names exactly these participants, those who publish marked by a star. */
  async sees(...participants: readonly string[]): Promise<void> {
    const names = () =>
      (this.of("aws:ivs:STAGE_STATE").at(-1)?.payload.participants ?? [])
        .map(({ id, isPublishing }: { id: string; isPublishing: boolean }) => (isPublishing ? `${id}*` : id))
        .sort()
        .join();
    await until(() => names() === [...participants].sort().join());
  }
}
