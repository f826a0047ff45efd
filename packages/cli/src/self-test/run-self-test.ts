import { createStage } from "@inband/stage/server";
import { print, tell } from "../output.ts";
import { jsonLine } from "../plain-text.ts";
import { qrCode } from "../qr-code.ts";
import { isOnNetwork } from "../reachable-url.ts";
import { serveForOthers } from "../serve-stage.ts";
import { readTlsFiles } from "../tls-files.ts";
import { describeRow } from "./describe-row.ts";
import { selfTest } from "./routes.ts";

/** What `inband doctor --page` takes. */
export interface SelfTestOptions {
  readonly host: string;
  readonly port: number;
  /** File with the certificate chain; with `key`. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/**
 * Serves a page with which a browser tests itself against a stage of its own, and prints the row of each, until `signal`
 * aborts.
 *
 * @throws CommandError for an option that does not do, an address that cannot be had, or a page that was not built.
 */
export async function runSelfTest({ host, port, cert, key, json, signal }: SelfTestOptions): Promise<void> {
  const tls = await readTlsFiles({ cert, key });
  const stage = createStage();
  await using _stage = { [Symbol.asyncDispose]: () => stage.close() };
  let url = "";
  await using test = await selfTest(
    stage,
    () => url,
    (row) => print(json ? jsonLine(row) : describeRow(row)),
  );
  stage.app.route("/", test.routes);
  await using served = await serveForOthers(stage, { host, port, ...(tls && { tls }) });
  url = served.url;
  const say = json ? tell : print;
  say(`\nOpen this in the browser that is to be tested:\n\n  ${url}${test.path}\n`);
  if (isOnNetwork(url)) say(`${qrCode(`${url}${test.path}`)}\n`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
