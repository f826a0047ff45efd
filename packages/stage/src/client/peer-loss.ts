import { ConnectError, guardTransports, SilenceWatch, silentAfterMs } from "@inband/werift";
import type { RTCPeerConnection } from "werift";

/** A session that was accepted connects within this time or not at all, in milliseconds. */
const connectWithinMs = 10_000;

/** Resolves when a peer connection is connected. @throws ConnectError, or the reason of the signal. */
export async function connectedPeer(pc: RTCPeerConnection, signal?: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(connectWithinMs);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (pc.connectionState === "connected") resolve();
        else if (pc.connectionState === "failed" || pc.connectionState === "closed") reject(failed());
      };
      const abort = (): void => {
        const late = new ConnectError("timeout", "the connection to the stage has not come about");
        reject(signal?.aborted ? signal.reason : late);
      };
      const { unSubscribe } = pc.connectionStateChange.subscribe(look);
      either.addEventListener("abort", abort, { once: true });
      stop = () => {
        unSubscribe();
        either.removeEventListener("abort", abort);
      };
      if (either.aborted) abort();
      look();
    });
  } finally {
    stop();
  }
}

/** Resolves when a connected peer is gone: it has closed, ICE has lost it, or nothing has come from it for 5 seconds. */
export function lossOf(pc: RTCPeerConnection): Promise<ConnectError> {
  return new Promise((resolve) => {
    const lost = (error: ConnectError): void => {
      silence.stop();
      resolve(error);
    };
    const silence = new SilenceWatch(() => guardTransports(pc), {
      silent: () => lost(new ConnectError("silent", `nothing has come from the stage for ${silentAfterMs} ms`)),
    });
    const look = (state: string): void => {
      if (state === "failed") lost(failed());
      else if (state === "closed") lost(new ConnectError("closed", "the stage has closed the connection"));
    };
    pc.connectionStateChange.subscribe(look);
    for (const transport of pc.dtlsTransports) transport.onStateChange.subscribe(look);
    look(pc.connectionState);
  });
}

function failed(): ConnectError {
  return new ConnectError("failed", "the connection to the stage has failed");
}
