import type { UserDataPlace } from "@inband/stream";
import { decodePayload, decodeValue } from "@inband/wire";
import { DeliveredMessage, type Tally } from "./delivered-message.ts";
import type { Incoming } from "./incoming.ts";
import { tooLarge } from "./message-too-large.ts";

/** Where and how a message arrived. */
export interface Arrival extends UserDataPlace {
  /** Name of the feed. */
  readonly feed: string;
  readonly isBacklog: boolean;
}

/**
 * Decodes the value of a whole message.
 *
 * @throws WireError for a value that is broken or larger than its profile allows.
 */
export function decodeMessage<T>(incoming: Incoming, tally: Tally, arrival: Arrival): DeliveredMessage<T> {
  const { profile, source, topic, sequence, series, age = 0, isRetained = false, body } = incoming;
  const { feed, stream, isBacklog, isKeyFrame, rtpTimestamp, timestamp } = arrival;
  const fields = {
    value: decodeBody(incoming) as T,
    profile: profile.name,
    id: tally.id,
    source,
    sequence: series === undefined ? undefined : sequence,
    topic,
    retained: isRetained,
    isBacklog,
    receivedAt: Date.now(),
    carriedRtpTimestamp: rtpTimestamp,
    carriedTimestamp: timestamp,
    isKeyFrame,
    stream,
    feed,
  };
  return new DeliveredMessage<T>(fields, age, tally, body.length);
}

function decodeBody({ profile, body }: Incoming): unknown {
  if (profile.encoding !== "envelope") return decodePayload(profile, body);
  if (body.length > profile.maxMessageBytes) throw tooLarge(profile.maxMessageBytes, body.length);
  return decodeValue(body);
}
