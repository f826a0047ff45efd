/** A stage has ended a participant's stay. */
export class RemovedError extends Error {
  override readonly name = "RemovedError";
  /** `removed`: it was kicked, or the stage was deleted; `joined-elsewhere`: somebody else joined by the same participant. */
  readonly code: "removed" | "joined-elsewhere";

  constructor(code: RemovedError["code"], reason: string) {
    super(`the stage has ended the session: ${reason}`);
    this.code = code;
  }
}
