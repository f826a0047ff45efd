import type { FrameRole, Hello, Ready, Starved, TapAddress, TapMessage, TapTransformOptions } from "../protocol.ts";

/** What a worker does with the frames of one tap. */
export interface FrameHandler<Message> {
  /** Passes one frame on. Never throws or waits: a transform that does either freezes the video. */
  pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void;
  message(message: Message): void;
  /** The sender or receiver is gone. */
  end(): void;
}

/** Tells the page something of one tap. */
export type Post<Message> = (message: Message) => void;

interface Served<Message> {
  readonly handler: FrameHandler<Message>;
  readonly post: Post<object>;
  passedFrames: number;
}

/** Serves the taps of one role in a worker: pipes their frames through a handler, for as long as they live. */
export function serveFrames<In, Out extends object>(
  role: FrameRole,
  handlerOf: (post: Post<Out>) => FrameHandler<In>,
): void {
  const taps = new Map<number, Served<In>>();
  const servedOf = (tap: number): Served<In> => {
    const known = taps.get(tap);
    if (known) return known;
    const post = (message: object): void => postMessage({ ...message, role, tap });
    const served = { handler: handlerOf(post), post, passedFrames: 0 };
    taps.set(tap, served);
    return served;
  };
  addEventListener("rtctransform", ({ transformer }) => {
    const options: Partial<TapTransformOptions> | undefined = transformer.options;
    if (options?.role !== role || options.tap === undefined) return;
    const served = servedOf(options.tap);
    pipe(served, transformer.readable, transformer.writable);
    if (options.attempts) watch(served, options.attempts);
  });
  addEventListener("message", ({ data }: MessageEvent<Hello | (TapAddress & (TapMessage | { kind: "other" }))>) => {
    if (data?.kind === "hello") return postMessage({ kind: "ready" } satisfies Ready);
    if (data?.role !== role) return;
    const served = servedOf(data.tap);
    if (data.kind === "streams") pipe(served, data.readable, data.writable);
    else if (data.kind === "end") {
      served.handler.end();
      taps.delete(data.tap);
    } else served.handler.message(data as In);
  });
}

function pipe<In>(served: Served<In>, readable: ReadableStream, writable: WritableStream): void {
  const transform = new TransformStream<RTCEncodedVideoFrame, RTCEncodedVideoFrame>({
    transform: (frame, controller) => {
      served.passedFrames++;
      served.handler.pass(frame, controller);
    },
  });
  // Rejects when the connection closes while a frame is on its way.
  readable
    .pipeThrough(transform)
    .pipeTo(writable)
    .catch(() => undefined);
}

function watch<In>(served: Served<In>, attempts: number): void {
  const { passedFrames } = served;
  setTimeout(() => {
    if (served.passedFrames === passedFrames) {
      served.post({ kind: "starved", attempts: attempts - 1 } satisfies Starved);
    } else if (attempts > 1) watch(served, attempts - 1);
  }, 1000);
}
