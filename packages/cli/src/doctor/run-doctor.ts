import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { isUrl, shownInput } from "@inband/media";
import { print } from "../output.ts";
import { jsonLine, plain } from "../plain-text.ts";
import { isDestination, unknownDestination } from "../publish-to.ts";
import { refuseCredentials } from "../refuse-credentials.ts";
import { UsageError } from "../usage-error.ts";
import { checkPath } from "./check-path.ts";
import { type Ability, abilities } from "./machine.ts";
import { pathText } from "./path-text.ts";
import { isWhep } from "./read-end.ts";

/** What `inband doctor` takes. */
export interface DoctorOptions {
  /** Where to send, and the ends to read back at; none for what this machine can do. */
  readonly urls: readonly string[];
  readonly token: string | undefined;
  /** A video to send in place of the test picture. */
  readonly input: string | undefined;
  /** How long a check takes at most. */
  readonly withinMs: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/**
 * Says what a path does to messages, or what this machine can do; resolves to whether all was kept.
 *
 * @throws UsageError, and what `checkPath` throws.
 */
export async function runDoctor({ urls, token, input, withinMs, json, signal }: DoctorOptions): Promise<boolean> {
  const [to, ...named] = urls;
  if (to === undefined) {
    const found = await abilities();
    if (json) print(jsonLine({ abilities: found }));
    else for (const ability of found) print(abilityText(ability));
    return true;
  }
  if (!isDestination(to)) throw new UsageError(unknownDestination(to));
  if (await isOccupied(to)) {
    const advice = "name a file that is not there. What is in a recording says inband inspect";
    throw new UsageError(`"${shownInput(to)}" is there, and would be written over: ${advice}.`);
  }
  // A file is read back where nothing else is said.
  const ends = named.length > 0 ? named : isUrl(to) ? [] : [to];
  if (ends.length === 0) throw new UsageError("Name at least one more address: an end where the video comes out.");
  for (const url of [to, ...ends.filter(isWhep)]) refuseCredentials(url);
  const report = await checkPath({ to, ends, token, input, withinMs, signal });
  if (json) print(jsonLine(report));
  else for (const line of pathText(report)) print(line);
  return report.isKept;
}

/** Whether it is a file that holds something. A check is no reason to lose a recording. */
async function isOccupied(to: string): Promise<boolean> {
  if (isUrl(to) && !to.startsWith("file:")) return false;
  const stats = await stat(isUrl(to) ? fileURLToPath(to) : to).catch(() => undefined);
  return stats?.isFile() === true && stats.size > 0;
}

function abilityText({ name, isThere, detail, advice }: Ability): string {
  const mark = isThere ? styleText("green", "yes") : styleText("yellow", "no ");
  const what = `${mark}  ${name.padEnd(17)} ${plain(detail)}`;
  return advice === "" ? what : `${what}${detail.endsWith(".") ? "" : "."} ${styleText("dim", advice)}`;
}
