import { constants, openSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Hands the bytes of a named pipe to one reader, by a socket. */
export interface PipeRelay {
  /** For FFmpeg, which reads it once. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A relay for a named pipe; undefined where `path` is none.
 *
 * A thread that opens or reads a silent pipe is out of reach: FFmpeg looks whether it is interrupted only while it waits
 * for a socket, and a process does not end while such a thread waits.
 */
export async function relayPipe(path: string): Promise<PipeRelay | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFIFO() !== true) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "inband-pipe-"));
  // With O_NONBLOCK it opens at once, whether somebody writes to the pipe or not.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const source = new Socket({ fd, readable: true, writable: false });
  const server = createServer((reader) => {
    server.close();
    reader.on("error", () => source.destroy());
    source.on("error", () => reader.destroy());
    source.pipe(reader);
  });
  const close = async (): Promise<void> => {
    source.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const socket = join(folder, "pipe");
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socket, resolve);
    });
    return { url: `unix:${socket}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
