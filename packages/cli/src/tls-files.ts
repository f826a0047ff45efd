import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CommandError } from "./command-error.ts";

/**
 * The certificate and the key that a command was given files of; undefined where it was given none.
 *
 * @throws CommandError for one without the other, or a file that cannot be read, that holds
 * something else, or a key that is not that of the certificate.
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
  const [chain, privateKey] = await Promise.all([read(cert), read(key)]);
  const certificate = parsed(cert, "certificate", () => new X509Certificate(chain));
  const isOfKey = certificate.checkPrivateKey(parsed(key, "private key", () => createPrivateKey(privateKey)));
  if (!isOfKey) throw new CommandError(`The private key in ${key} is not that of the certificate in ${cert}.`);
  return { cert: chain, key: privateKey };
}

function read(path: string): Promise<Buffer> {
  return readFile(path).catch((error: Error) => {
    throw new CommandError(`${path} cannot be read.`, { cause: error });
  });
}

function parsed<Parsed>(path: string, what: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw new CommandError(`${path} holds no ${what} in PEM that can be used.`, { cause: error });
  }
}
