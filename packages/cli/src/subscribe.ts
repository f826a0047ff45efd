import { isUrl, openSource, shownInput } from "@inband/media";
import { SeiSubscriber } from "@inband/subscriber";
import { profileOf, profilesReadByDefault } from "./profiles.ts";
import { readMessages } from "./read-messages.ts";
import { isOfMessages, receiveByHttp } from "./receive-by-http.ts";
import { receiveByWhep } from "./receive-by-whep.ts";
import { refuseCredentials } from "./refuse-credentials.ts";
import { tellEvents } from "./tell-events.ts";
import { messagePrinter } from "./terminal.ts";

/** What `inband subscribe` takes. */
export interface SubscribeOptions {
  /** WHEP address, that of a participant's messages, or a file. */
  readonly source: string;
  readonly token?: string;
  /** Names, as `profileOf` takes them; none for the default. */
  readonly profiles: readonly string[];
  readonly topic?: string;
  readonly json: boolean;
  /** Whether a stage that is lost is joined again. */
  readonly reconnect: boolean;
  readonly signal: AbortSignal;
}

/** Prints the messages of a video until it ends. */
export async function runSubscribe(options: SubscribeOptions): Promise<void> {
  const { source, token, topic, json, reconnect: reconnects, signal } = options;
  const names = options.profiles.length > 0 ? options.profiles : profilesReadByDefault;
  using subscriber = new SeiSubscriber({ profiles: names.map(profileOf) });
  const print = messagePrinter(json, { isRecording: !isUrl(source) || source.startsWith("file:") });
  subscriber.on("message", (message) => {
    if (topic === undefined || message.topic === topic) print(message);
  });
  tellEvents(subscriber, topic);

  if (/^https?:\/\//i.test(source)) {
    refuseCredentials(source);
    if (isOfMessages(source)) {
      await receiveByHttp({ url: source, token, topic, print, reconnects, signal });
      return;
    }
    await receiveByWhep({ url: source, token, subscriber, reconnects, signal });
    return;
  }

  await using file = await openSource(source, { signal });
  await readMessages(subscriber, file, shownInput(source));
}
