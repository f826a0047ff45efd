/** Candidates of other networks than this machine's may take seconds; these are not waited for. */
const gatheringTimeoutMs = 500;

/** Resolves when an offer holds the browser's candidates: the protocol has no trickle. Rejects with the signal's reason. */
export async function gathered(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  if (connection.iceGatheringState === "complete") return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      connection.removeEventListener("icegatheringstatechange", changed);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const changed = (): void => {
      if (connection.iceGatheringState === "complete") done();
    };
    const timer = setTimeout(done, gatheringTimeoutMs);
    connection.addEventListener("icegatheringstatechange", changed);
    signal.addEventListener("abort", done);
  });
  signal.throwIfAborted();
}
