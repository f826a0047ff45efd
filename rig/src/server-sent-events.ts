import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream";

/** Calls a listener with each server-sent event of a response, until that ends or is aborted. */
export async function eachServerSentEvent(
  { body }: Response,
  listener: (event: EventSourceMessage) => void,
): Promise<void> {
  const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const event of events ?? []) listener(event);
}
