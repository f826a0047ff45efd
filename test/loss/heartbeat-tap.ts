import type { SeiFeed } from "@inband/stream";
import {
  decodeEnvelope,
  decodeValue,
  EnvelopeFlag,
  type HeartbeatTopic,
  isEnvelope,
  readHeartbeat,
} from "@inband/wire";

/** A feed that also tells of each heartbeat that comes, before who reads the feed hears of it. */
export function tapHeartbeats(feed: SeiFeed, listener: (topics: readonly HeartbeatTopic[]) => void): SeiFeed {
  return {
    name: feed.name,
    open: (sink) =>
      feed.open({
        accessUnits: (count, first) => sink.accessUnits(count, first),
        broken: (count, stream) => sink.broken(count, stream),
        failed: (error) => sink.failed(error),
        stalled: (reason) => sink.stalled(reason),
        ended: (reason) => sink.ended(reason),
        userData(message, place) {
          const { payload } = message;
          const envelope = isEnvelope(payload) ? decodeEnvelope(payload) : undefined;
          if (envelope !== undefined && (envelope.flags & EnvelopeFlag.Heartbeat) !== 0) {
            listener(readHeartbeat(decodeValue(envelope.body)));
          }
          sink.userData(message, place);
        },
      }),
  };
}
