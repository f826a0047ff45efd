/** The connection came to nothing, or was given up, before the video could flow. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  /** `failed`: ICE or DTLS did not succeed; `closed`: the peer connection or the carrier was closed. */
  readonly code: "failed" | "closed";

  constructor(code: "failed" | "closed", message: string) {
    super(message);
    this.code = code;
  }
}
