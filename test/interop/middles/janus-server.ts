import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { freePort, startProgram } from "@inband/rig/started-program";
import { temporaryFolder } from "@inband/rig/temporary-folder";

/** A Janus gateway of its own, on loopback, with the VideoRoom alone. */
export interface JanusServer extends AsyncDisposable {
  /** Its HTTP API. */
  readonly url: string;
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
  return {
    url: `http://127.0.0.1:${port}/janus`,
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
