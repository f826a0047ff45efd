import { decodePayload, decodeValue, tooLarge } from "@inband/wire";
import type { Arrival } from "./arrival.ts";
import { DeliveredMessage, type Tally } from "./delivered-message.ts";
import type { Incoming } from "./incoming.ts";

/**
 * Decodes the value of a whole message.
 *
 * @throws WireError for a value that is broken or larger than its profile allows.
 */
export function decodeMessage<T>(incoming: Incoming, tally: Tally, arrival: Arrival): DeliveredMessage<T> {
  const { profile, source, topic, sequence, series, age, isRetained = false, body } = incoming;
  const { feed, isBacklog, place } = arrival;
  const { stream, isKeyFrame, rtpTimestamp, timestamp } = place;
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
  if (body.length > profile.maxMessageBytes) throw tooLarge("message", profile.maxMessageBytes, body.length);
  return decodeValue(body);
}
