import { expectThat } from "./expect-that.ts";
import type { GuardedEmitter } from "./guarded-emitter.ts";
import type { MessageReaders } from "./message-readers.ts";
import type { PresentedMessage, ReceivedMessage } from "./received-message.ts";
import type { SubscriberEvents } from "./subscriber-events.ts";
import type { MessagesOptions } from "./subscriber-options.ts";

/** What a topic tells its listeners: the events of the subscriber that concern it. */
export interface TopicEvents<T> extends Pick<SubscriberEvents, "gap" | "late" | "lagged"> {
  message: ReceivedMessage<T>;
  present: PresentedMessage<T>;
}

/** One topic of a subscriber. */
export interface SubscriberTopic<T> {
  readonly name: string;
  /**
   * Calls a listener for every event of a name that concerns the topic.
   *
   * @throws TypeError for a name of no such event.
   */
  on<Name extends keyof TopicEvents<T>>(event: Name, listener: (argument: TopicEvents<T>[Name]) => unknown): this;
  /** Calls a listener for the next event of a name that concerns the topic. */
  once<Name extends keyof TopicEvents<T>>(event: Name, listener: (argument: TopicEvents<T>[Name]) => unknown): this;
  /** Removes a listener. */
  off<Name extends keyof TopicEvents<T>>(event: Name, listener: (argument: TopicEvents<T>[Name]) => unknown): this;
  /** The messages of the topic from now on, as `messages` of the subscriber reads them. */
  messages(options?: Omit<MessagesOptions, "topic">): AsyncIterable<ReceivedMessage<T>>;
}

type TopicEvent = keyof TopicEvents<unknown>;

const topicEvents: readonly TopicEvent[] = ["message", "present", "gap", "late", "lagged"];

/** A topic of the subscriber that these events and readers belong to. */
export function subscriberTopic<T>(
  name: string,
  events: GuardedEmitter<SubscriberEvents>,
  readers: MessageReaders<T>,
): SubscriberTopic<T> {
  const forward = (method: "on" | "once" | "off") => (event: TopicEvent, listener: (argument: never) => unknown) => {
    expectThat(topicEvents.includes(event), "event", topicEvents.join(", "), event);
    events[method](event, listener as never, name);
    return topic;
  };
  const topic: SubscriberTopic<T> = {
    name,
    on: forward("on"),
    once: forward("once"),
    off: forward("off"),
    messages: (options) => readers.messages({ ...options, topic: name }),
  };
  return topic;
}
