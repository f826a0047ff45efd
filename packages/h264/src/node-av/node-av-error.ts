/** node-av is not installed, or does not load on this machine. The message says how to install it. */
export class NodeAvError extends Error {
  /** Always "NodeAvError". */
  override readonly name = "NodeAvError";
  /** What is wrong, without the remedy and without a full stop. */
  readonly reason: string;

  /** The message is one sentence to show to the operator, and the remedy. */
  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.reason = reason;
  }
}
