import type { PortEntry } from "../forwarding/message-port.ts";

/**
 * What may wait for a slow reader: one that lets more wait is let go, and says when it comes back what it heard last. It is
 * more than what is kept for those who come back.
 */
const maxWaitingBytes = 4 * 1024 * 1024;

/** A comment keeps what lies between from closing a stream on which nothing comes. */
const commentEveryMs = 15_000;

/** Calls its argument with each entry, with undefined at the end; returns what stops it. */
export type EntrySource = (reader: (entry: PortEntry | undefined) => void) => () => void;

/**
 * The body of server-sent events (HTML 9.2.5) with the entries of a source.
 *
 * @param begun Called with what ends it; returns what is to be called once at its end.
 */
export function eventStream(source: EntrySource, begun: (end: () => void) => () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let end = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOver = false;
        let stop = () => {};
        const close = (): void => {
          if (isOver) return;
          end();
          controller.close();
        };
        const ended = begun(close);
        end = () => {
          if (isOver) return;
          isOver = true;
          clearInterval(comments);
          stop();
          ended();
        };
        const write = (text: string): void => {
          if (isOver) return;
          controller.enqueue(encoder.encode(text));
          if ((controller.desiredSize ?? 0) > 0) return;
          end();
          controller.error(new Error("the reader of messages is too slow"));
        };
        const comments = setInterval(() => write(":\n\n"), commentEveryMs);
        write(": messages\n\n");
        stop = source((entry) => {
          if (entry) write(textOf(entry));
          else close();
        });
        if (isOver) stop();
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxWaitingBytes }),
  );
}

/** JSON has no line ends. */
function textOf({ id, event, data }: PortEntry): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}
