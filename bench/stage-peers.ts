import { BenchProcess } from "./bench-process.ts";

/** By what the pictures come: through one of the servers, or straight from the sender beside it. */
export type Arm = "stage" | "janus";
export type Way = Arm | `beside ${Arm}`;

/** What the bench asks of the process that sends. */
export type SenderRequest =
  | { readonly type: "offer"; readonly id: number; readonly arm: Arm }
  | { readonly type: "answer"; readonly id: number; readonly sdp: string }
  /** The arm whose pictures are sent from now on; none. */
  | { readonly type: "flow"; readonly arm: Arm | undefined; readonly speed: number };

export type SenderAnswer =
  | { readonly type: "offer"; readonly id: number; readonly sdp: string }
  | { readonly type: "connected"; readonly id: number }
  /** Pictures that were sent since the flow before. */
  | { readonly type: "flow"; readonly pictures: number };

/** What the bench asks of the process that receives. */
export type ReceiversRequest =
  /** Answers an offer of a server, or makes one for it; a probe notes what comes. */
  | { readonly type: "answer"; readonly id: number; readonly way: Way; readonly sdp: string; readonly isProbe: boolean }
  | { readonly type: "offer"; readonly id: number; readonly way: Way; readonly isProbe: boolean }
  | { readonly type: "accept"; readonly id: number; readonly sdp: string }
  /** Tells what came since it was asked last. */
  | { readonly type: "report"; readonly id: number };

export type ReceiversAnswer =
  | { readonly type: "description"; readonly id: number; readonly sdp: string }
  | { readonly type: "report"; readonly id: number; readonly arrivals: readonly Arrivals[] };

/** What came to one probe. */
export interface Arrivals {
  readonly way: Way;
  readonly packets: number;
  /** Number of the picture, and when its last packet came, in milliseconds of the clock of that process. */
  readonly pictures: readonly (readonly [index: number, atMs: number])[];
}

/** A process whose answers belong to questions by their `id`. */
export class AskedProcess<
  Request extends { readonly type: string },
  Answer extends { readonly type: string; readonly id?: number },
> implements AsyncDisposable
{
  readonly #process: BenchProcess<Request, Answer>;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  constructor(module: string) {
    this.#process = new BenchProcess(module);
    this.#process.onAnswer((answer) => {
      const key = `${answer.type} ${answer.id}`;
      this.#waiting.get(key)?.(answer);
      this.#waiting.delete(key);
    });
  }

  say(request: Request): void {
    this.#process.say(request);
  }

  /** Resolves with the next answer of this type and id. */
  answer<Type extends Answer["type"]>(type: Type, id?: number): Promise<Extract<Answer, { readonly type: Type }>> {
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(`${type} ${id}`, resolve));
    return this.#process.orEnded(answer) as Promise<Extract<Answer, { readonly type: Type }>>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
