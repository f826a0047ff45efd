import { readFile } from "node:fs/promises";
import { CommandError } from "./command-error.ts";

/**
 * The certificate and the key that a command was given files of; undefined where it was given none.
 *
 * @throws CommandError for one without the other, or a file that cannot be read.
 */
export async function readTlsFiles({
  cert,
  key,
}: {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new CommandError("--cert and --key belong together.");
  const read = (path: string) =>
    readFile(path).catch((error: Error) => {
      throw new CommandError(`${path} cannot be read.`, { cause: error });
    });
  return { cert: await read(cert), key: await read(key) };
}
