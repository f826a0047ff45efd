/** A session that was accepted connects within this time or not at all, in milliseconds. */
const connectWithinMs = 10_000;
const lookEveryMs = 1000;
/** Peers answer checks of consent every few seconds at least: so many looks in a row without a byte mean that it is gone. */
const silentLooks = 5;

/** Resolves when a connection is connected. Rejects where it fails, or with the reason of the signal. */
export async function connectedConnection(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(connectWithinMs)]);
  let look = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      look = () => {
        const { connectionState: state } = connection;
        if (state === "connected") resolve();
        else if (state === "failed" || state === "closed") reject(new Error("the connection to the stage has failed"));
        else if (signal.aborted) reject(signal.reason);
        else if (either.aborted) reject(new Error("the connection to the stage has not come about"));
      };
      connection.addEventListener("connectionstatechange", look);
      either.addEventListener("abort", look);
      look();
    });
  } finally {
    connection.removeEventListener("connectionstatechange", look);
    either.removeEventListener("abort", look);
  }
}

/**
 * Resolves when a connection is gone: it has failed or was closed by either side, or nothing has come over it for 5
 * seconds, which browsers take 15 to call a failure.
 */
export function lossOf(connection: RTCPeerConnection): Promise<Error> {
  return new Promise((resolve) => {
    let bytes = -1;
    let idle = 0;
    let isOver = false;
    const over = (error: Error): void => {
      isOver = true;
      clearInterval(timer);
      connection.removeEventListener("connectionstatechange", look);
      resolve(error);
    };
    const look = (): void => {
      const { connectionState: state } = connection;
      if (state === "failed") over(new Error("the connection to the stage has failed"));
      else if (state === "closed" || hasClosedTransport(connection)) {
        over(new Error("the stage has closed the connection"));
      }
    };
    const listen = async (): Promise<void> => {
      look();
      if (isOver) return;
      const now = await receivedBytes(connection);
      idle = now === bytes ? idle + 1 : 0;
      bytes = now;
      if (idle >= silentLooks) over(new Error("nothing has come from the stage for 5 seconds"));
    };
    const timer = setInterval(() => void listen().catch(() => {}), lookEveryMs);
    connection.addEventListener("connectionstatechange", look);
    look();
  });
}

function hasClosedTransport(connection: RTCPeerConnection): boolean {
  const ends = [...connection.getSenders(), ...connection.getReceivers()];
  const transports = [connection.sctp?.transport, ...ends.map(({ transport }) => transport)];
  return transports.some((transport) => transport?.state === "closed" || transport?.state === "failed");
}

/** What has come on all candidate pairs, checks of ICE included where the browser tells of them. */
async function receivedBytes(connection: RTCPeerConnection): Promise<number> {
  let sum = 0;
  for (const report of (await connection.getStats()).values()) {
    if (report.type !== "candidate-pair") continue;
    sum += (report.bytesReceived ?? 0) + (report.responsesReceived ?? 0) + (report.requestsReceived ?? 0);
  }
  return sum;
}
