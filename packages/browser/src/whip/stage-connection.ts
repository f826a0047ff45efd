import { type Connection, checkToken, refusal, type StageTarget } from "@inband/stage-protocol";
import { connectedConnection, lossOf } from "./connection-loss.ts";
import type { connectWhep, connectWhip } from "./whip.ts";
import { WhipError } from "./whip-error.ts";
import type { WhipSession } from "./whip-session.ts";

/** Where a connection of a page goes, and what it is made with. */
export interface PageTarget extends StageTarget {
  readonly configuration: RTCConfiguration;
}

/** A connection of a stage that `prepare` gives something to send or to receive. What it returns is run at the end. */
export async function connectToStage(
  join: typeof connectWhip | typeof connectWhep,
  { configuration, ...target }: PageTarget,
  prepare: (connection: RTCPeerConnection) => () => void,
): Promise<Connection> {
  checkToken(target.token);
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration });
  let session: WhipSession | undefined;
  let release: () => void = () => {};
  const close = (): void => {
    release();
    if (session) session.close();
    else connection.close();
  };
  try {
    release = prepare(connection);
    session = await join(connection, target).catch((error: unknown) => {
      throw error instanceof WhipError && error.status >= 400 ? refusal(error.status, error.body) : error;
    });
    await connectedConnection(connection, target.signal);
  } catch (error) {
    close();
    throw error;
  }
  return {
    lost: lossOf(connection),
    close: () => Promise.resolve(close()),
  };
}
