import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bundle } from "../bundle.ts";

/** What is served beside the script of a page. */
export interface PageOptions {
  /** Files by their paths, without the leading slash. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Headers of the page itself. */
  readonly headers?: ReadonlyMap<string, string>;
  /** Where requests are redirected to, by their paths, without the leading slash. */
  readonly redirects?: ReadonlyMap<string, string>;
  /** Packages by the names of those that they replace. */
  readonly alias?: Readonly<Record<string, string>>;
}

/** A page on loopback. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
}

/** Serves one page whose only script is the module `entry`, until it is disposed of. */
export async function servePage(entry: string, options: PageOptions = {}): Promise<ServedPage> {
  const { files, redirects, headers = new Map(), alias = {} } = options;
  const script = await bundle({ entry }, { alias });
  const server = createServer((request, response) => {
    const path = request.url?.slice(1) ?? "";
    const file = files?.get(path);
    const location = redirects?.get(path);
    if (file) response.end(file);
    else if (location) response.writeHead(307, { location }).end();
    else if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(script);
    else
      response
        .setHeaders(new Map(headers))
        .setHeader("content-type", "text/html")
        .end('<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
