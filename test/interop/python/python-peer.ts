import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { StageAccess } from "../ends.ts";
import { postOffer } from "../post-offer.ts";

/** What a peer in Python tells, one line of JSON each. */
export interface PeerEvent {
  readonly offer?: string;
  /** RTP timestamp of the picture that a message has left with, by the clock of its frames. */
  readonly sent?: number;
  readonly decoded?: true;
  /** Base64. */
  readonly message?: string;
  readonly rtpTimestamp?: number;
  readonly strip?: { readonly width: number; readonly height: number; readonly luma: string };
  /** An access unit in Annex B, in base64. */
  readonly accessUnit?: string;
}

/** A peer in Python that offers, and ends when its input does. */
export interface PythonPeer {
  readonly offer: string;
  tell(command: object): void;
  /** Stops reading, and ends it. */
  close(): Promise<void>;
}

/** Debian's own, for which its packages are. */
const python = "/usr/bin/python3";

/**
 * Starts `script` of this folder, and tells it what it needs for its offer; resolves with that, and calls `heard` with all
 * that comes afterwards.
 */
export async function startPythonPeer(
  script: string,
  args: readonly string[],
  heard: (event: PeerEvent) => void,
  ...first: readonly object[]
): Promise<PythonPeer> {
  const child = spawn(python, [join(import.meta.dirname, script), ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  let complaints = "";
  child.stderr.on("data", (text) => (complaints = (complaints + text).slice(-2000)));
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const tell = (command: object) => void child.stdin.write(`${JSON.stringify(command)}\n`);
  for (const command of first) tell(command);
  const lines = createInterface({ input: child.stdout });
  const offer = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const event = JSON.parse(line) as PeerEvent;
      if (event.offer === undefined) heard(event);
      else resolve(event.offer);
    });
    void ended.then(() => reject(new Error(`${script} ended without an offer: ${complaints}`)));
  });
  return {
    offer,
    tell,
    async close() {
      child.stdin.end();
      const killer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await ended;
      clearTimeout(killer);
    },
  };
}

/** Hands its offer to the stage, and the answer to it. Closing leaves, and ends it. */
export async function joinByPython(
  peer: PythonPeer,
  stage: StageAccess,
  path: string,
  participantId: string,
): Promise<{ close(): Promise<void> }> {
  const { answer, leave } = await postOffer(stage, path, participantId, peer.offer);
  peer.tell({ answer });
  return {
    async close() {
      await leave();
      await peer.close();
    },
  };
}
