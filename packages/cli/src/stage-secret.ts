import { createHmac, randomBytes } from "node:crypto";
import { constants, type FileHandle, link, open, rm, writeFile } from "node:fs/promises";
import { CommandError } from "./command-error.ts";

/** As HS256 asks (RFC 7518 3.2). */
const leastBytes = 32;

/** A file with more is another one than was meant. */
const mostBytes = 4096;

/** What makes a stage take the tokens of the one before it. */
export interface StageSecret {
  readonly secret: Uint8Array;
  readonly topic: string;
}

/**
 * The secret in a file, without white space at its end, and the topic that follows from it. A file that is not there is made
 * with a random secret, for its owner alone.
 *
 * @throws CommandError for a file that others can read, that holds no secret, or that cannot be read or made.
 */
export async function readStageSecret(path: string): Promise<StageSecret> {
  const file = await opened(path);
  try {
    const secret = await secretIn(file, path);
    return { secret, topic: createHmac("sha256", secret).update("topic").digest("hex").slice(0, 32) };
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  // One that nobody writes to, such as a FIFO, does not hold up the command.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    return await open(path, flags).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await make(path);
      return open(path, flags);
    });
  } catch (error) {
    throw new CommandError(`--secret: ${path} can neither be read nor be made: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Whole or not at all, so that of two that begin at once both have the same. */
async function make(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, `${randomBytes(leastBytes).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function secretIn(file: FileHandle, path: string): Promise<Uint8Array> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new CommandError(`--secret: ${path} is not a file.`);
  if (process.platform !== "win32" && (stats.mode & 0o077) !== 0) {
    throw new CommandError(`--secret: others than its owner may use ${path}: chmod 600 ${path}`);
  }
  if (stats.size > mostBytes) throw new CommandError(`--secret: ${path} has more than ${mostBytes} bytes.`);
  const secret = Buffer.from((await file.readFile()).toString("latin1").trimEnd(), "latin1");
  if (secret.length >= leastBytes) return secret;
  const hint = "Name a file that is not there, and one is made.";
  throw new CommandError(`--secret: ${path} has ${secret.length} bytes; a secret has ${leastBytes} or more. ${hint}`);
}
