import { createStage, type Participant } from "@inband/stage/server";
import { CommandError } from "./command-error.ts";
import { print, tell } from "./output.ts";
import { jsonLine, plain } from "./plain-text.ts";
import { qrCode } from "./qr-code.ts";
import { isOnNetwork } from "./reachable-url.ts";
import { describeRow } from "./self-test/describe-row.ts";
import { selfTest } from "./self-test/routes.ts";
import { serveForOthers } from "./serve-stage.ts";
import { readStageSecret } from "./stage-secret.ts";
import { readTlsFiles } from "./tls-files.ts";

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
  /** File with the secret that signs the tokens. */
  readonly secret?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs a stage until `signal` aborts, prints a token for each participant, and then who comes and goes.
 *
 * @throws CommandError for an option that does not do, or an address that cannot be had.
 */
export async function runStage(options: StageCommandOptions): Promise<void> {
  const { port, host, json, signal } = options;
  const names = namesOf(options.participants);
  const expiresInSeconds = secondsOf(options.hours);
  const tls = await readTlsFiles(options);
  const stage = createStage(options.secret === undefined ? {} : await readStageSecret(options.secret));
  await using _stage = { [Symbol.asyncDispose]: () => stage.close() };
  let url = "";
  // In a clone whose page was never built there is a stage all the same.
  await using test = await selfTest(
    stage,
    () => url,
    (row) => (json ? print(jsonLine({ event: "self-test", ...row })) : print(describeRow(row))),
  ).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    return undefined;
  });
  if (test) stage.app.route("/", test.routes);
  await using served = await serveForOthers(stage, { port, host, ...(tls && { tls }) });
  url = served.url;
  const selfTestUrl = test && `${url}${test.path}`;
  const participants = await Promise.all(
    names.map(async (participantId) => ({
      participantId,
      token: await stage.createToken({ participantId, url, expiresInSeconds }).catch((error: Error) => {
        throw new CommandError(`--participants: ${error.message}.`, { cause: error });
      }),
    })),
  );
  if (json) print(jsonLine({ url, participants, selfTestUrl }));
  else {
    print(`Stage:  ${url}\n`);
    for (const { participantId, token } of participants) print(`${participantId}\n${token}\n`);
    print(`Publish:  inband publish test --to ${url}/publish/${names[0]} --token TOKEN`);
    print(`Receive:  inband subscribe ${url}/subscribe/${names[0]} --token TOKEN --json`);
    print("In a page with the Amazon IVS Web Broadcast SDK:  new Stage(TOKEN, strategy)\n");
    if (selfTestUrl) print(`Test a browser against it:  ${selfTestUrl}\n`);
    if (selfTestUrl && isOnNetwork(url)) print(`${qrCode(selfTestUrl)}\n`);
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
