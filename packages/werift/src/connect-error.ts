/** No connection came about, or the one there was has ended or fallen silent. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  /**
   * `failed`: ICE or DTLS did not succeed, or ICE lost the peer; `closed`: one of the two sides closed the connection, or
   * the carrier; `silent`: nothing has come from the peer for 5 seconds, messages wait until something does; `timeout`:
   * the server that makes the connection has not answered in time; `declined`: the peer takes no sound.
   */
  readonly code: "failed" | "closed" | "silent" | "timeout" | "declined";

  constructor(code: ConnectError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
