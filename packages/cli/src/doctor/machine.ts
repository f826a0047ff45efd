import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { listEncoders } from "@inband/h264/encoder";
import { loadNodeAv } from "@inband/h264/node-av";
import { defaultPort } from "../demo/listen.ts";

const execute = promisify(execFile);
const answersWithinMs = 3_000;
/** Where `inband stage` listens. */
const stagePort = 8643;

/** One thing that a machine can do, or not. `--json` prints it as it is. */
export interface Ability {
  readonly name: string;
  readonly isThere: boolean;
  /** Its version, where it is, or why it is not there. */
  readonly detail: string;
  /** What it is for, and how to come by it; empty where it is there. */
  readonly advice: string;
}

/** What this machine can do. Nothing is installed or left running. */
export async function abilities(): Promise<Ability[]> {
  const [encoders, nodeAv, ffmpeg, browser, ports] = await Promise.all([
    encoderAbilities(),
    nodeAvAbility(),
    programAbility(
      "ffmpeg",
      ["ffmpeg"],
      "-version",
      "for the commands in the documents; inband itself needs node-av only",
    ),
    browserAbility(),
    Promise.all([portAbility("demo", defaultPort), portAbility("stage", stagePort)]),
  ]);
  return [nodeAbility(), nodeAv, ...encoders, ffmpeg, browser, nodeDataChannelAbility(), ...ports];
}

function nodeAbility(): Ability {
  const { node } = process.versions;
  return { name: "Node", isThere: true, detail: `${node} on ${process.platform} ${process.arch}`, advice: "" };
}

async function nodeAvAbility(): Promise<Ability> {
  const name = "node-av";
  try {
    const { getFFmpegInfo } = await loadNodeAv("Reading and writing media");
    return { name, isThere: true, detail: `${versionOf(name)}, FFmpeg ${getFFmpegInfo().version}`, advice: "" };
  } catch (error) {
    const advice = "For files, RTMP, RTSP, SRT, HLS and encoders: npm install node-av@6.1.1";
    return { name, isThere: false, detail: (error as Error).message, advice };
  }
}

async function encoderAbilities(): Promise<Ability[]> {
  try {
    const encoders = await listEncoders();
    return encoders.map(({ codec, available, reason = "", hardware }) => ({
      name: codec,
      isThere: available,
      detail: available ? "opens" : reason,
      advice: available || !hardware ? "" : "For encoding on an NVIDIA GPU with NVENC; libx264 is used in its place.",
    }));
  } catch (error) {
    const detail = (error as Error).message;
    return [{ name: "encoders", isThere: false, detail, advice: "Publish H.264 that is encoded already." }];
  }
}

function nodeDataChannelAbility(): Ability {
  const name = "node-datachannel";
  const version = versionOf(name);
  if (version !== undefined) return { name, isThere: true, detail: version, advice: "" };
  const advice = "Only for programs that publish over libdatachannel: npm install node-datachannel";
  return { name, isThere: false, detail: "not installed", advice };
}

const browserNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "firefox"];

async function browserAbility(): Promise<Ability> {
  const names = process.env.CHROME_PATH ? [process.env.CHROME_PATH] : browserNames;
  const advice = "for the page of inband demo, which any browser with H.264 opens; CHROME_PATH names another";
  return await programAbility("browser", names, "--version", advice);
}

/** The first of the programs on the PATH that says which version it is. */
async function programAbility(
  name: string,
  programs: readonly string[],
  option: string,
  purpose: string,
): Promise<Ability> {
  const found = programs.flatMap((program) => findProgram(program) ?? [])[0];
  const advice = `It is ${purpose}.`;
  if (found === undefined) return { name, isThere: false, detail: "not on the PATH", advice };
  try {
    const { stdout } = await execute(found, [option], { timeout: answersWithinMs });
    return { name, isThere: true, detail: `${stdout.split("\n")[0]?.trim() ?? ""} (${found})`, advice: "" };
  } catch {
    return { name, isThere: false, detail: `${found} does not say which version it is`, advice };
  }
}

function findProgram(program: string): string | undefined {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const suffixes = process.platform === "win32" ? [".exe", ""] : [""];
  return folders
    .flatMap((folder) => suffixes.map((suffix) => join(folder, program + suffix)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function portAbility(what: string, port: number): Promise<Ability> {
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const name = `port ${port}`;
  if (code === undefined) return { name, isThere: true, detail: `free, for inband ${what}`, advice: "" };
  return { name, isThere: false, detail: `taken (${code})`, advice: `inband ${what} takes another by --port.` };
}

/** The version of an installed package, of which not every one exports its manifest. */
function versionOf(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string }).version;
    } catch {
      // In the next folder, then.
    }
  }
  return undefined;
}
