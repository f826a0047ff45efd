/** What a stage has forwarded since it was made. */
export class ForwardingCounts {
  /** RTP packets that publishers sent, video and sound, each once. */
  receivedPackets = 0;
  /** RTP packets that went to subscribers. */
  sentPackets = 0;
  /** Bytes of their payloads. */
  sentBytes = 0;
  /** Packets that left once more, since werift did not keep them any longer. */
  repeatedPackets = 0;
  /** Packets of publishers that were not sent, mostly since too many waited before them. */
  droppedPackets = 0;
  /** Requests for a key frame that went to publishers. */
  keyFrameRequests = 0;
}
