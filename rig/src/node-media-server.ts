import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { freePort, type StartedProgram, startProgram } from "./started-program.ts";

const manifest = createRequire(import.meta.url).resolve("node-media-server/package.json");

/** node-media-server on loopback: RTMP in, RTMP and FLV over HTTP out. */
export interface NodeMediaServer extends AsyncDisposable {
  readonly rtmp: number;
  readonly http: number;
  readonly program: StartedProgram;
}

/** Starts it, on a free port for RTMP unless one is given; `file` names files in a folder of its own. */
export async function startNodeMediaServer(
  file: (name: string) => string,
  rtmpPort?: number,
): Promise<NodeMediaServer> {
  const [rtmp, http] = [rtmpPort ?? (await freePort()), await freePort()];
  const jwt = { secret: "loopback", expiresIn: "1h", refreshExpiresIn: "1h", algorithm: "HS256", users: [] };
  const configuration = {
    bind: "127.0.0.1",
    rtmp: { port: rtmp },
    http: { port: http },
    store: { path: file("store") },
    auth: { play: false, publish: false, secret: "", jwt },
    webadmin: { enable: false },
  };
  await writeFile(file("configuration.json"), JSON.stringify(configuration));
  const args = [join(dirname(manifest), "bin/app.js"), "-c", file("configuration.json")];
  const program = startProgram(process.execPath, args, { cwd: file("") });
  await program.listens(rtmp);
  await program.listens(http);
  return { rtmp, http, program, [Symbol.asyncDispose]: () => program.stop() };
}
