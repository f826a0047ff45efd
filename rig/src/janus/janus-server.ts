import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { freePort, startProgram } from "../started-program.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A Janus gateway of its own, on loopback, with the VideoRoom alone. */
export interface JanusServer extends AsyncDisposable {
  /** Its HTTP API. */
  readonly url: string;
  /** As it says itself. */
  readonly version: string;
  readonly processId: number;
}

/** Starts the installed Janus; it ends when it is disposed of. */
export async function startJanusServer(): Promise<JanusServer> {
  const folder = await temporaryFolder();
  const plugins = dirname(fileOfPackage("libjanus_videoroom.so"));
  const transports = dirname(fileOfPackage("libjanus_http.so"));
  const port = await freePort();
  const disabled = (kind: string, names: readonly string[]) =>
    `${kind}: { disable = "${names.map((name) => `libjanus_${name}.so`).join(",")}" }`;
  const config = [
    `general: { configs_folder = "${folder.path}" plugins_folder = "${plugins}" transports_folder = "${transports}"`,
    `  events_folder = "${folder.path}" interface = "127.0.0.1" debug_level = 3 }`,
    `nat: { ice_enforce_list = "lo" full_trickle = false }`,
    disabled("transports", ["pfunix", "rabbitmq", "mqtt", "nanomsg", "websockets"]),
    disabled("loggers", ["jsonlog"]),
  ];
  await writeFile(folder.file("janus.jcfg"), `${config.join("\n")}\n`);
  await writeFile(
    folder.file("janus.transport.http.jcfg"),
    `general: { http = true port = ${port} ip = "127.0.0.1" https = false }\nadmin: { admin_http = false }\n`,
  );
  const janus = startProgram("janus", ["-F", folder.path, "-o"]);
  await janus.listens(port);
  const url = `http://127.0.0.1:${port}/janus`;
  const { version_string: version } = (await (await fetch(`${url}/info`)).json()) as {
    readonly version_string: string;
  };
  return {
    ...{ url, version, processId: janus.processId },
    async [Symbol.asyncDispose]() {
      await janus.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function fileOfPackage(name: string): string {
  const { stdout } = spawnSync("dpkg", ["-L", "janus"], { encoding: "utf8" });
  const file = stdout.split("\n").find((line) => line.endsWith(`/${name}`));
  if (!file) throw new Error(`Debian's janus has no ${name}`);
  return file;
}
