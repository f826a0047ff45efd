import { refusal } from "@inband/stage-protocol";
import type { Gap, ReceivedMessage } from "@inband/subscriber";
import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream";
import { CommandError } from "./command-error.ts";
import { receiveUntilOver, VideoOver } from "./kept-stage.ts";
import { tell } from "./output.ts";
import { lostConnection } from "./publish-by-whip.ts";
import { tellGap } from "./tell-events.ts";

/** An event takes no more: a message has at most 64 KiB packed, and JSON escapes what it holds. */
const maxEventBytes = 1024 * 1024;

/** Of an answer that says why it is none. */
const maxRefusalLength = 4096;

/** How the messages of a participant are received without the video. */
export interface ReceiveByHttpOptions {
  /** `STAGE/PARTICIPANT/messages`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly topic: string | undefined;
  readonly print: (message: ReceivedMessage<unknown>) => void;
  /** Whether a connection that is lost is made again. */
  readonly reconnects: boolean;
  readonly signal: AbortSignal;
}

/** Whether a URL is that of a participant's messages. */
export function isOfMessages(url: string): boolean {
  return /\/[^/]+\/messages$/.test(new URL(url).pathname);
}

/**
 * Prints the messages that a stage serves by server-sent events, until the video has ended or `signal` aborts. A connection
 * that is lost goes on after the message that was heard last.
 *
 * @throws As `receiveByWhep`.
 */
export async function receiveByHttp(options: ReceiveByHttpOptions): Promise<void> {
  const { url, token, topic, print, reconnects, signal } = options;
  let last: string | undefined;
  const request = async (ending: AbortSignal): Promise<Response> => {
    const response = await fetch(url, {
      headers: {
        accept: "text/event-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(last === undefined ? {} : { "last-event-id": last }),
      },
      signal: ending,
    });
    if (response.ok) return response;
    throw refusal(response.status, await beginningOf(response));
  };
  const take = ({ id, event, data }: EventSourceMessage): void => {
    last = id ?? last;
    if (event === "reset") tell("Messages may have been lost: the stage does not know any more what came since.");
    else if (event === "gap") tellGap(JSON.parse(data) as Gap, topic);
    else {
      const message = JSON.parse(data) as ReceivedMessage<unknown>;
      if (topic === undefined || message.topic === topic) print(message);
    }
  };
  /** Resolves to why nothing more comes. */
  const read = async ({ body }: Response, ending: AbortSignal): Promise<Error> => {
    try {
      const parser = new EventSourceParserStream({ maxBufferSize: maxEventBytes, onError: "terminate" });
      for await (const event of body?.pipeThrough(new TextDecoderStream()).pipeThrough(parser) ?? []) take(event);
      // A stage that is gone ends its answers as one does whose participant has left.
      const again = await request(ending).then(
        () => undefined,
        (error: { readonly status?: unknown }) => error,
      );
      return again?.status === 404 ? new VideoOver() : lostConnection();
    } catch (error) {
      return lostConnection(error as Error);
    }
  };
  const connect = async (starting: AbortSignal) => {
    const closing = new AbortController();
    const ending = AbortSignal.any([starting, closing.signal]);
    const response = await request(ending);
    if (!/^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "")) {
      throw new CommandError(`${new URL(url).host} serves no messages at this address.`);
    }
    return { lost: read(response, ending), close: async () => closing.abort() };
  };
  await receiveUntilOver(url, { reconnects, signal, connect });
}

/** Leaving the loop cancels what is still to come. */
async function beginningOf({ body }: Response): Promise<string> {
  let text = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length >= maxRefusalLength) break;
  }
  return text.slice(0, maxRefusalLength);
}
