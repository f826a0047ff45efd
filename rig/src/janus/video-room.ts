import { randomUUID } from "node:crypto";
import { type JanusServer, startJanusServer } from "./janus-server.ts";

const room = 1;
const videoRoom = "janus.plugin.videoroom";

interface JanusEvent {
  readonly janus: string;
  readonly data?: { readonly id: number };
  readonly jsep?: { readonly sdp: string };
  readonly plugindata?: {
    readonly data: { readonly videoroom?: string; readonly id?: number; readonly error?: string };
  };
}

/** A VideoRoom of a Janus gateway of its own, on this machine, for publishers of H.264. */
export interface VideoRoom extends AsyncDisposable {
  readonly version: string;
  /** Of the process of Janus. */
  readonly processId: number;
  /** Takes the offer of a peer that publishes. */
  publish(offer: string): Promise<PublishedVideo>;
}

/** What somebody publishes in a `VideoRoom`. */
export interface PublishedVideo {
  readonly answer: string;
  /** Offers it to a peer, which answers. */
  subscribe(answer: (offer: string) => Promise<string>): Promise<SubscribedVideo>;
}

/** What one peer gets of a `PublishedVideo`. */
export interface SubscribedVideo {
  readonly offer: string;
  /** Has it sent another layer of simulcast, by its index. */
  chooseLayer(substream: number): Promise<void>;
}

/** Starts the installed Janus with one room. */
export async function startVideoRoom(): Promise<VideoRoom> {
  const server = await startJanusServer();
  try {
    return await openRoom(server);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function openRoom(server: JanusServer): Promise<VideoRoom> {
  const handles: JanusHandle[] = [];
  const attach = async () => {
    const handle = await JanusHandle.attach(server.url);
    handles.push(handle);
    return handle;
  };
  const keeper = await attach();
  await keeper.request({ request: "create", room, publishers: 10, videocodec: "h264", bitrate: 3_000_000 });
  return {
    version: server.version,
    processId: server.processId,
    async publish(offer) {
      const handle = await attach();
      await handle.request({ request: "join", ptype: "publisher", room });
      const joined = await handle.event(({ plugindata }) => plugindata?.data.videoroom === "joined");
      const feed = joined.plugindata?.data.id;
      await handle.request({ request: "configure", video: true, audio: false }, { type: "offer", sdp: offer });
      const { jsep } = await handle.event(({ jsep }) => jsep !== undefined);
      // Nobody can subscribe to what has not begun.
      const connected = handle.event(({ janus }) => janus === "webrtcup");
      connected.catch(() => {});
      return {
        answer: jsep?.sdp ?? "",
        async subscribe(answer) {
          await connected;
          const handle = await attach();
          await handle.request({ request: "join", ptype: "subscriber", room, streams: [{ feed }] });
          const { jsep } = await handle.event(({ jsep }) => jsep !== undefined);
          const offer = jsep?.sdp ?? "";
          await handle.request({ request: "start", room }, { type: "answer", sdp: await answer(offer) });
          return {
            offer,
            async chooseLayer(substream) {
              await handle.request({ request: "configure", streams: [{ mid: "0", substream, temporal: 2 }] });
            },
          };
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(handles.map((handle) => handle.close()));
      await server[Symbol.asyncDispose]();
    },
  };
}

/** One handle of the VideoRoom, in a session of its own, by the HTTP API of Janus. */
class JanusHandle {
  readonly #session: string;
  readonly #url: string;
  readonly #events: JanusEvent[] = [];
  readonly #abort = new AbortController();
  #polling: Promise<void>;
  #arrived = () => {};

  private constructor(session: string, url: string) {
    this.#session = session;
    this.#url = url;
    this.#polling = this.#poll().catch(() => {});
  }

  static async attach(url: string): Promise<JanusHandle> {
    const session = `${url}/${(await post(url, { janus: "create" })).data?.id}`;
    const handle = (await post(session, { janus: "attach", plugin: videoRoom })).data?.id;
    return new JanusHandle(session, `${session}/${handle}`);
  }

  async request(body: object, jsep?: { readonly type: string; readonly sdp: string }): Promise<void> {
    const { plugindata } = await post(this.#url, { janus: "message", body, ...(jsep && { jsep }) });
    if (plugindata?.data.error) throw new Error(`Janus: ${plugindata.data.error}`);
  }

  /** Waits for an event, in whatever order they come. */
  async event(isIt: (event: JanusEvent) => boolean): Promise<JanusEvent> {
    for (;;) {
      const error = this.#events.find(({ plugindata }) => plugindata?.data.error)?.plugindata?.data.error;
      if (error) throw new Error(`Janus: ${error}`);
      const at = this.#events.findIndex(isIt);
      const [found] = at < 0 ? [] : this.#events.splice(at, 1);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#polling;
    await post(this.#session, { janus: "destroy" });
  }

  async #poll(): Promise<void> {
    for (;;) {
      const response = await fetch(`${this.#session}?maxev=10`, { signal: this.#abort.signal });
      this.#events.push(...([await response.json()].flat() as JanusEvent[]));
      this.#arrived();
    }
  }
}

async function post(url: string, body: object): Promise<JanusEvent> {
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify({ ...body, transaction: randomUUID() }),
  });
  const event = (await response.json()) as JanusEvent & { readonly error?: { readonly reason: string } };
  if (event.janus === "error") throw new Error(`Janus: ${event.error?.reason}`);
  return event;
}
