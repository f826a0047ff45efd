import { type UserData, userDataKey } from "@inband/stream";
import { decodeEnvelope, EnvelopeFlag, type Profile, tooLarge } from "@inband/wire";
import { topicKey } from "./series-key.ts";

/** What an envelope may hold beside its body: 303 bytes today, and what later fields add. */
const maxHeaderBytes = 1024;

/**
 * A payload as its profile reads it: a message, a fragment of one, or a heartbeat. Its value is not decoded yet. What is
 * optional is absent if the profile has no envelopes.
 */
export interface Incoming {
  readonly profile: Profile;
  /** Equal for all copies and fragments of a message. */
  readonly key: string;
  readonly id?: string;
  readonly source?: number;
  readonly topic?: string | undefined;
  /** The topic of the source, in which `sequence` counts. */
  readonly series?: string;
  readonly sequence: number;
  /** 90 kHz ticks from the access unit that the message speaks of to the one that carried it, modulo 2^32. */
  readonly age: number;
  readonly isRetained?: boolean;
  readonly isHeartbeat?: boolean;
  /** Whether the source says that it leaves. */
  readonly isLast?: boolean;
  /** Which fragment this is, of how many. */
  readonly index: number;
  readonly count: number;
  /** The encoded value, or this fragment of it. */
  readonly body: Uint8Array;
  /** Copies that have arrived; of a message in fragments, copies of its first one. */
  readonly copies: number;
}

/**
 * Opens the envelope of a payload, if its profile has envelopes.
 *
 * @throws WireError for an envelope that is broken, of another version, or larger than the profile allows.
 */
export function readIncoming(profile: Profile, userData: UserData): Incoming {
  const { payload } = userData;
  const { encoding, maxMessageBytes } = profile;
  if (encoding !== "envelope") {
    return { profile, key: userDataKey(userData), sequence: 0, age: 0, index: 0, count: 1, body: payload, copies: 1 };
  }
  if (payload.length > maxMessageBytes + maxHeaderBytes) throw tooLarge("message", maxMessageBytes, payload.length);
  const { flags, ...envelope } = decodeEnvelope(payload);
  const { id, source, topic } = envelope;
  return {
    ...envelope,
    profile,
    key: `${id} ${source}`,
    series: topicKey(source, topic),
    isRetained: (flags & EnvelopeFlag.Retained) !== 0,
    isHeartbeat: (flags & EnvelopeFlag.Heartbeat) !== 0,
    isLast: (flags & EnvelopeFlag.Last) !== 0,
    copies: 1,
  };
}
