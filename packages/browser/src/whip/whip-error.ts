/** The server refused an offer, or what it answered is not an SDP answer. */
export class WhipError extends Error {
  override readonly name = "WhipError";
  /** HTTP status of the answer. */
  readonly status: number;
  /** Text of the answer, at most 2000 characters. */
  readonly body: string;

  constructor(status: number, body: string) {
    const isReadable = body !== "" && !body.trimStart().startsWith("<");
    super(`the server answered ${status}${isReadable ? `: ${body.slice(0, 200)}` : ""}`);
    this.status = status;
    this.body = body.slice(0, 2000);
  }
}
