import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { hangMs } from "./hang.ts";

const patienceMs = 5000;
const lookEveryMs = 20;

/** A program that runs beside the tests. It ends when this is disposed of, or with this process. */
export interface StartedProgram extends AsyncDisposable {
  /** What it has written so far, to both of its outputs. */
  readonly said: string;
  readonly processId: number;
  /** Resolves when it has ended, with its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Writes to its standard input. */
  tell(text: string): void;
  /**
   * Resolves when it accepts TCP connections on a port of loopback.
   *
   * @throws Error with what it said when it ends before.
   */
  listens(port: number): Promise<void>;
  /** As `listens`, without a connection: for a program that serves only the first. */
  bindsTcp(port: number): Promise<void>;
  /** As `listens`, for a UDP port. */
  bindsUdp(port: number): Promise<void>;
  /** Asks it to end, and ends it where it does not within 5 s; resolves when it has. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** What ends the programs that run when this process ends. */
const endWithProcess = new Set<() => void>();
process.once("exit", () => {
  for (const kill of endWithProcess) kill();
});

/** How a program is started. */
export interface StartProgramOptions {
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user that it runs as, where it is not to run as this one. */
  readonly uid?: number;
}

/** Starts a program. */
export function startProgram(
  program: string,
  args: readonly string[],
  { env = {}, ...options }: StartProgramOptions = {},
): StartedProgram {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
    ...options,
  });
  let said = "";
  let isOver = false;
  const kill = (): void => void child.kill("SIGKILL");
  endWithProcess.add(kill);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  // What is written to a program that has ended is not read.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    const settle = (code: number | null): void => {
      isOver = true;
      endWithProcess.delete(kill);
      resolve(code);
    };
    child.once("error", ({ message }) => {
      said += message;
      settle(null);
    });
    child.once("close", settle);
  });
  const waitFor = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
    const beginMs = performance.now();
    while (!(await holds())) {
      if (isOver || performance.now() - beginMs > hangMs) {
        throw new Error(`${program} ${isOver ? "ended" : "hangs"} before it ${what}: ${said.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    if (!isOver) child.kill(signal);
    const killer = setTimeout(kill, patienceMs);
    await ended;
    clearTimeout(killer);
  };
  return {
    get said() {
      return said;
    },
    processId: child.pid ?? 0,
    ended,
    tell: (text) => void child.stdin.write(text),
    listens: (port) => waitFor(() => isConnectable(port), `listened on ${port}`),
    bindsTcp: (port) => waitFor(() => isBound(port, "tcp"), `was bound to TCP port ${port}`),
    bindsUdp: (port) => waitFor(() => isBound(port, "udp"), `was bound to UDP port ${port}`),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** A port of loopback that nothing listened on a moment ago, neither by TCP nor by UDP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    if (!(await isUdpTaken(port))) return port;
  }
}

async function isConnectable(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether a port is bound. To find out by binding it may take it away from the program that is about to. */
async function isBound(port: number, kind: "tcp" | "udp"): Promise<boolean> {
  const sockets = await readFile(`/proc/net/${kind}`, "utf8").catch(() => undefined);
  if (sockets === undefined) return await (kind === "tcp" ? isTcpTaken(port) : isUdpTaken(port));
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const listening = "0A";
  return sockets.split("\n").some((line) => {
    const [, address, , state] = line.trim().split(/\s+/);
    return address?.endsWith(local) === true && (kind === "udp" || state === listening);
  });
}

async function isTcpTaken(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return false;
  } catch {
    return true;
  } finally {
    server.close();
  }
}

async function isUdpTaken(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
}
