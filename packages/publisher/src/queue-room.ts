import type { Shelf } from "@inband/stream";
import type { PendingMessage } from "./pending-message.ts";
import { PublishError } from "./publish-error.ts";
import type { PublisherSettings } from "./publisher-options.ts";

/**
 * The messages that have to go for one of this size and priority.
 *
 * @throws PublishError `queue-full` when there is no room and none may be made.
 */
export function victimsFor(
  { bytes, priority }: Pick<PendingMessage, "bytes" | "priority">,
  queue: Shelf<PendingMessage>,
  settings: PublisherSettings,
): PendingMessage[] {
  const { maxQueueMessages, maxQueueBytes, overflow } = settings;
  let messages = queue.size + 1;
  let total = queue.bytes + bytes;
  const isFull = (): boolean => messages > maxQueueMessages || total > maxQueueBytes;
  if (!isFull()) return [];
  const victims: PendingMessage[] = [];
  for (const candidate of bytes > maxQueueBytes ? [] : candidates(queue.waiting(), overflow, priority)) {
    victims.push(candidate);
    messages -= 1;
    total -= candidate.bytes;
    if (!isFull()) return victims;
  }
  throw queueFull(bytes, queue, settings, { byMessages: messages > maxQueueMessages, byBytes: total > maxQueueBytes });
}

function candidates(
  waiting: Iterable<PendingMessage>,
  overflow: PublisherSettings["overflow"],
  priority: number,
): PendingMessage[] {
  if (overflow === "reject") return [];
  const held = [...waiting].filter(({ givenUp }) => givenUp === undefined);
  if (overflow === "drop-oldest") return held;
  return held.filter((message) => message.priority <= priority).sort((a, b) => a.priority - b.priority);
}

/** Names the limits that are met, and no other. */
function queueFull(
  actualBytes: number,
  queue: Shelf<PendingMessage>,
  { maxQueueMessages: limitMessages, maxQueueBytes: limitBytes }: PublisherSettings,
  { byMessages, byBytes }: { readonly byMessages: boolean; readonly byBytes: boolean },
): PublishError {
  const limits = [
    ...(byMessages ? [`${limitMessages} messages`] : []),
    ...(byBytes ? [`${limitBytes} bytes, and this message takes ${actualBytes}`] : []),
  ];
  return new PublishError(
    "queue-full",
    `${queue.size} messages of ${queue.bytes} bytes wait already; the queue holds ${limits.join(" and ")}`,
    { ...(byMessages ? { limitMessages } : {}), ...(byBytes ? { limitBytes, actualBytes } : {}) },
  );
}
