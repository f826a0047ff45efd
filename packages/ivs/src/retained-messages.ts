import { BoundedMap, type Message } from "@inband/stream";
import type { SentVideo } from "./sent-video.ts";

/** Messages whose retained copy is left out because they went themselves; publishers retain 64 topics. */
const maxSentIds = 256;

/**
 * What a publisher retains. Whoever subscribes to a participant asks for a key frame, so that key frames are when it is sent
 * again; the statistics tell of them after they have left.
 */
export class RetainedMessages {
  readonly #messages = new Map<string, Message>();
  readonly #due = new Set<string>();
  readonly #sentIds = new BoundedMap<string, true>(maxSentIds);
  #keyFrames = new Map<string, number>();

  add(message: Message): void {
    this.#messages.set(message.id, message);
    if (message.repeats === undefined || !this.#sentIds.has(message.repeats)) this.#due.add(message.id);
  }

  delete(id: string): void {
    this.#messages.delete(id);
    this.#due.delete(id);
  }

  /** A message left: the retained one that repeats it is sent next when somebody joins. */
  sent(messageId: string): void {
    this.#sentIds.set(messageId, true);
    for (const { id, repeats } of this.#messages.values()) if (repeats === messageId) this.#due.delete(id);
  }

  repeated(id: string): void {
    this.#due.delete(id);
  }

  seen(video: SentVideo | undefined): void {
    const keyFrames = new Map<string, number>();
    for (const [ssrc, layer] of video?.layers ?? []) keyFrames.set(ssrc, layer.keyFrames);
    const isNew = [...keyFrames].some(([ssrc, count]) => count > (this.#keyFrames.get(ssrc) ?? 0));
    this.#keyFrames = keyFrames;
    if (isNew) for (const id of this.#messages.keys()) this.#due.add(id);
  }

  *due(): Generator<Message> {
    for (const id of [...this.#due]) {
      const message = this.#messages.get(id);
      if (message !== undefined) yield message;
    }
  }
}
