import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright";
import { chromiumArguments, findChromium } from "../scripts/chromium.mjs";

/** Starts the Chromium that `npm test` found, with its own moving picture for a camera. The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  return chromium.launch({ executablePath: findChromium() ?? "chromium", args: [...chromiumArguments, ...camera] });
}

/**
 * Serves one page on loopback whose only script is `entry`, bundled from the sources as an application would, and beside
 * it the files of a map of paths. `headers` are of the page;
 * `alias` puts one package in the place of another.
 */
export async function servePage(
  entry: string,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
  headers: Map<string, string> = new Map(),
  alias: Readonly<Record<string, string>> = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["@inband/source"],
    alias,
  });
  const script = outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const file = files.get(request.url?.slice(1) ?? "");
    if (file) response.end(file);
    else if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(script);
    else
      response
        .setHeaders(headers)
        .setHeader("content-type", "text/html")
        .end('<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
