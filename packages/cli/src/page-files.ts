import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { CommandError } from "./command-error.ts";

/** Where the build puts the page: beside `src` and `dist`. */
const folder = fileURLToPath(new URL("../page/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/**
 * The files of one of the pages, read once: what is not among them is not served, whatever the path says.
 *
 * @param home The page, and the path where it is.
 * @throws CommandError where the page has not been built.
 */
export async function pageFiles(home = "index.html", at = "/"): Promise<Hono> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const app = new Hono();
  for (const file of files) {
    const bytes = await readFile(file);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const headers = {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      // The names of assets hold a hash of what is in them.
      "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    };
    // The other pages have nothing to talk to here.
    if (extname(file) === ".html" && path !== `/${home}`) continue;
    app.get(path === `/${home}` ? at : path, (context) => context.body(bytes, 200, headers));
  }
  if (!files.some((file) => file === join(folder, home))) {
    throw new CommandError("The page has not been built: run `npm start`, or `npm run build` first.");
  }
  return app;
}
