import type { FrameStreams } from "../encoded-streams.ts";
import type { FrameRole, Hello, Ready, Starved, TapAddress, TapMessage, TapTransformOptions } from "../protocol.ts";

/** What a worker does with the frames of one tap. */
export interface FrameHandler<Message> {
  /** Passes one frame on. Never throws or waits: a transform that does either freezes the video. */
  pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void;
  /** `end`: the sender or receiver is gone. */
  message(message: Message | { readonly kind: "end" }): void;
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
    const post = (message: object): void => postMessage({ ...message, role, tap });
    const served = taps.get(tap) ?? { handler: handlerOf(post), post, passedFrames: 0 };
    taps.set(tap, served);
    return served;
  };
  addEventListener("rtctransform", ({ transformer }) => {
    const options: TapTransformOptions | undefined = transformer.options;
    if (options?.role !== role) return;
    const served = servedOf(options.tap);
    pipe(served, transformer);
    if (options.attempts) watch(served, options.attempts);
  });
  addEventListener("message", ({ data }: MessageEvent<Hello | (TapAddress & (TapMessage | { kind: "other" }))>) => {
    if (data?.kind === "hello") return postMessage({ kind: "ready" } satisfies Ready);
    if (data?.role !== role) return;
    const served = servedOf(data.tap);
    if (data.kind === "streams") return pipe(served, data);
    served.handler.message(data as In);
    if (data.kind === "end") taps.delete(data.tap);
  });
}

function pipe<In>(served: Served<In>, { readable, writable }: FrameStreams): void {
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
