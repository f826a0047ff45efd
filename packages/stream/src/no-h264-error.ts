/** Why a connection cannot carry the video, or its messages. */
export type NoH264Reason = "no-common-codec" | "packetization-mode" | "not-received" | "other-codec" | "not-here";

const sentences: Record<NoH264Reason, string> = {
  "no-common-codec": "the peer takes no H.264",
  "packetization-mode": "the peer takes H.264 only in packetization mode 0",
  "not-received": "the peer has turned the video down",
  "not-here": "this browser has no H.264 for WebRTC",
  "other-codec":
    "the video is sent in another codec, which carries no messages: put H.264 first in setCodecPreferences",
};

/**
 * The other side cannot take the video, though the connection may well say `connected`, or takes it in another codec.
 * Use a data channel towards such a peer, or convert the video.
 */
export class NoH264Error extends Error {
  override readonly name = "NoH264Error";
  readonly code = "no-h264";
  readonly reason: NoH264Reason;
  /**
   * The video codecs that the side without H.264 named, such as `VP8` or `H264 packetization-mode=0`; RTX and FEC left
   * out.
   */
  readonly offered: readonly string[];

  constructor(reason: NoH264Reason, offered: readonly string[]) {
    super(
      offered.length > 0
        ? `${sentences[reason]}; it named ${offered.join(", ")}`
        : `${sentences[reason]}, and named no video codec`,
    );
    this.reason = reason;
    this.offered = offered;
  }
}
