import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { createStage, type Participant, serveStage } from "@inband/stage/server";
import { CommandError } from "./command-error.ts";
import { print, tell } from "./output.ts";
import { jsonLine, plain } from "./plain-text.ts";

/** What `inband stage` takes. */
export interface StageCommandOptions {
  readonly port: number;
  readonly host: string;
  /** Names, separated by commas. */
  readonly participants: string;
  readonly hours: string;
  /** File with the certificate chain; with `key`. */
  readonly cert?: string;
  readonly key?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Addresses that stand for all of a machine, which nobody can be sent to. */
const everywhere = new Set(["0.0.0.0", "::"]);

/**
 * Runs a stage until `signal` aborts, prints a token for each participant, and then who comes and goes.
 *
 * @throws CommandError for an option that does not do, or an address that cannot be had.
 */
export async function runStage(options: StageCommandOptions): Promise<void> {
  const { port, host, json, signal } = options;
  const names = namesOf(options.participants);
  const expiresInSeconds = secondsOf(options.hours);
  const tls = await tlsOf(options);
  const stage = createStage();
  await using _stage = { [Symbol.asyncDispose]: () => stage.close() };
  const served = await serveStage(stage, { port, host, ...(tls && { tls }) }).catch((error: Error) => {
    throw new CommandError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, { cause: error });
  });
  await using _server = { [Symbol.asyncDispose]: () => served.close() };
  const url = reachable(served.url, host);
  const participants = await Promise.all(
    names.map(async (participantId) => ({
      participantId,
      token: await stage.createToken({ participantId, url, expiresInSeconds }).catch((error: Error) => {
        throw new CommandError(`--participants: ${error.message}.`, { cause: error });
      }),
    })),
  );
  if (json) print(jsonLine({ url, participants }));
  else {
    print(`Stage:  ${url}\n`);
    for (const { participantId, token } of participants) print(`${participantId}\n${token}\n`);
    print(`Publish:  inband publish test --to ${url}/publish/${names[0]} --token TOKEN`);
    print(`Receive:  inband subscribe ${url}/subscribe/${names[0]} --token TOKEN --json`);
    print("In a page with the Amazon IVS Web Broadcast SDK:  new Stage(TOKEN, strategy)\n");
  }
  const say = (event: string) => (participant: Participant) => {
    if (json) print(jsonLine({ event, ...participant }));
    else tell(describe(event, participant));
  };
  for (const event of ["joined", "updated", "left"] as const) stage.on(event, say(event));
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

function describe(
  event: string,
  { participantId, isPublishing, hasAudio, hasVideo, subscribers }: Participant,
): string {
  const media = [hasVideo && "video", hasAudio && "audio"].filter(Boolean).join(" and ");
  const publishes = isPublishing ? `publishes ${media}, received by ${subscribers}` : "does not publish";
  return `${plain(participantId)} ${event === "updated" ? publishes : event}`;
}

function namesOf(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (new Set(names).size < names.length || names.includes("")) {
    throw new CommandError(`--participants takes different names, separated by commas, not "${text}".`);
  }
  return names;
}

function secondsOf(hours: string): number {
  const seconds = Number(hours) * 3600;
  if (!(seconds >= 1) || hours.trim() === "" || seconds > 10 * 365 * 24 * 3600) {
    throw new CommandError(`--hours takes a number of hours above 0, not "${hours}".`);
  }
  return seconds;
}

async function tlsOf({ cert, key }: StageCommandOptions): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new CommandError("--cert and --key belong together.");
  const read = (path: string) =>
    readFile(path).catch((error: Error) => {
      throw new CommandError(`${path} cannot be read.`, { cause: error });
    });
  return { cert: await read(cert), key: await read(key) };
}

/** The URL by which others reach a stage that listens on all addresses: the first one on a network, if there is any. */
function reachable(url: string, host: string): string {
  if (!everywhere.has(host)) return url;
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const address = addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
  const { protocol, port } = new URL(url);
  return `${protocol}//${address}:${port}`;
}
