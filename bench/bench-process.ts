import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/**
 * Another process of the bench, so that the CPU time of each is that of one side. It ends when it is disposed of: its
 * module has to exit on "disconnect".
 */
export class BenchProcess<Request extends object | number, Answer> implements AsyncDisposable {
  readonly #child;
  readonly #exited: Promise<unknown>;

  /** @param module Its file in this folder. */
  constructor(module: string, ...args: string[]) {
    this.#child = fork(join(import.meta.dirname, module), args);
    this.#exited = once(this.#child, "exit");
  }

  say(request: Request): void {
    this.#child.send(request);
  }

  /** Calls `listener` with each message that it sends from now on. */
  onAnswer(listener: (answer: Answer) => void): void {
    this.#child.on("message", (answer) => listener(answer as Answer));
  }

  /** Resolves with the next message that it sends; rejects when it ends. */
  async next(): Promise<Answer> {
    const [answer] = await this.orEnded(once(this.#child, "message"));
    return answer as Answer;
  }

  /** The promise, rejected when the process ends before. */
  orEnded<T>(promise: Promise<T>): Promise<T> {
    const ended = this.#exited.then(() => Promise.reject(new Error("a process of the bench has ended early")));
    return Promise.race([promise, ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
