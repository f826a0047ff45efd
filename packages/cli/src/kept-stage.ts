import { type Connection, isFinalRefusal, KeptConnection, RemoteError, TokenError } from "@inband/stage-protocol";
import { CommandError } from "./command-error.ts";
import { tell } from "./output.ts";
import { reach } from "./reach.ts";
import { sentenceOf } from "./tell-error.ts";

/** A stage that is away for longer does not come back, in milliseconds. */
const awayForMs = 60_000;

/** The end of a video whose publisher has told that it leaves, or of which nothing more is to be expected. */
export class VideoOver extends Error {}

/** The end of a video whose publisher has disappeared, while the stage is there. */
export class PublisherGone extends CommandError {}

/** A connection to a stage that is made again when it is lost. Disposing of it ends it. */
export interface KeptStage extends AsyncDisposable {
  /** Aborts when it is lost for good; the reason is the error. */
  readonly lost: AbortSignal;
}

/** How a connection is kept. */
export interface KeptStageOptions {
  /** Whether it is made again. */
  readonly reconnects: boolean;
  /** Ends the attempt to connect; once connected, dispose of it. */
  readonly signal: AbortSignal;
  connect(signal: AbortSignal): Promise<Connection>;
  /** Whether an error ends it that is no refusal. */
  isFinal?(error: Error): boolean;
}

/**
 * Connects to a stage, and again whenever the connection is lost, which is told on the standard error. A stage that stays
 * away for a minute is given up.
 *
 * @throws What the first attempt throws, or the reason of the signal.
 */
export function keepStage({ reconnects, signal, connect, isFinal }: KeptStageOptions): Promise<KeptStage> {
  return new Promise((resolve, reject) => {
    const lost = new AbortController();
    let hasConnected = false;
    let isStageAway = false;
    let away: NodeJS.Timeout | undefined;
    const end = async (error: unknown): Promise<void> => {
      clearTimeout(away);
      signal.removeEventListener("abort", abort);
      reject(error);
      lost.abort(error);
      await kept.close();
    };
    const abort = (): void => void end(signal.reason);
    const kept = new KeptConnection({
      connect,
      isFinal: (error) => !hasConnected || !reconnects || (isFinal?.(error) ?? false) || isRefusedForGood(error),
      connected: () => {
        if (hasConnected) tell(isStageAway ? "Connected to the stage again." : "The publisher is back.");
        hasConnected = true;
        signal.removeEventListener("abort", abort);
        clearTimeout(away);
        away = undefined;
        resolve({ lost: lost.signal, [Symbol.asyncDispose]: () => end(new CommandError("The stage was left.")) });
      },
      reconnecting: (error) => {
        if (away !== undefined) return;
        isStageAway = !(error instanceof PublisherGone);
        tell(`${sentenceOf(error)} Connecting again.`);
        const who = isStageAway ? "stage" : "publisher";
        const seconds = awayForMs / 1000;
        away = setTimeout(end, awayForMs, new CommandError(`The ${who} has not come back within ${seconds} seconds.`));
      },
      failed: (error) => void end(hasConnected && error instanceof TokenError ? refusedAgain(error) : error),
    });
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

/**
 * Receives by a connection that is kept, until the video is over, which is told, or `signal` aborts.
 *
 * @throws Why the connection was lost for good; CommandError where the stage at `url` cannot be reached.
 */
export async function receiveUntilOver(url: string, options: Omit<KeptStageOptions, "isFinal">): Promise<void> {
  const { signal } = options;
  const isFinal = (error: Error): boolean => error instanceof VideoOver;
  await using kept = await reach(url, keepStage({ ...options, isFinal }));
  await aborted(AbortSignal.any([signal, kept.lost]));
  if (signal.aborted) return;
  if (!(kept.lost.reason instanceof VideoOver)) throw kept.lost.reason;
  tell("The video has ended.");
}

/** What a stage says to a token that it took before. */
function refusedAgain(error: TokenError): Error {
  if (error.code !== "bad-signature" && error.code !== "wrong-audience") return error;
  return new CommandError(
    "The stage does not take the token any more: it was started again with another secret. `inband stage --secret FILE` keeps tokens valid.",
    { cause: error },
  );
}

function isRefusedForGood(error: Error): boolean {
  return error instanceof TokenError || (error instanceof RemoteError && isFinalRefusal(error));
}

/** Resolves when a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
