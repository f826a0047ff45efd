/** What a stage has forwarded since it was made. */
export class ForwardingCounts {
  /** RTP packets that publishers sent, video and sound, each once. */
  receivedPackets = 0;
  /** RTP packets that went to subscribers. */
  sentPackets = 0;
  /** Bytes of their payloads. */
  sentBytes = 0;
  /** Requests for a key frame that went to publishers. */
  keyFrameRequests = 0;
}
