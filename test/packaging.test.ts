import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildPackages, root, runNode } from "@inband/rig/repository";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";

const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).sort();
const manifest = (folder: string) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
const entryPoints = folders.flatMap((folder) => {
  const { name, exports } = manifest(folder);
  const subpaths = Object.keys(exports).filter((subpath) => subpath !== "./package.json");
  return subpaths.map((subpath) => name + subpath.slice(1));
});

beforeAll(buildPackages);

describe("what is published", () => {
  it.each(folders)("%s has a manifest that npm and bundlers read without complaint", async (folder) => {
    const { messages } = await publint({ pkgDir: join(root, folder), level: "warning" });
    expect(messages.map((message) => formatMessage(message, manifest(folder)))).toEqual([]);
  });

  it.each(folders)(
    "%s packs its licence, its README and each file that it names, and nothing of the build alone",
    (folder) => {
      const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
        cwd: join(root, folder),
        encoding: "utf8",
        shell: process.platform === "win32",
      });
      const packed = JSON.parse(stdout);
      // npm 12 names the packages, those before it count them.
      const [{ files }] = Object.values(packed) as { files: { path: string }[] }[] as [{ files: { path: string }[] }];
      const paths = files.map(({ path }) => path);
      const { exports, bin = {} } = manifest(folder);
      const named = JSON.stringify([exports, bin]).matchAll(/:"\.\/([^"]*\.[a-z]+)"/g);
      const entryFiles = Array.from(named, ([, path]) => path);
      expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", ...entryFiles]));
      expect(paths.filter((path) => path.endsWith(".tsbuildinfo"))).toEqual([]);
      expect(readFileSync(join(root, folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
    },
  );

  it.each(folders)("%s tells its manifest to tools, and npm's search what it is for", (folder) => {
    const { name, keywords } = manifest(folder);
    const read = `const { default: { name } } = await import("${name}/package.json", { with: { type: "json" } }); console.log(name)`;
    expect(runNode("--input-type=module", "-e", read).stdout.trim()).toBe(name);
    expect(keywords.length).toBeGreaterThan(2);
  });

  it.each(entryPoints.filter((entryPoint) => !/\/worker$|\.js$/.test(entryPoint)))(
    "%s loads from its build in plain Node",
    (entryPoint) => {
      const { status, stderr } = runNode("--input-type=module", "-e", `await import(${JSON.stringify(entryPoint)})`);
      expect(stderr).toBe("");
      expect(status).toBe(0);
    },
  );

  it.each(["browser/dist/worker/index.js", "inband/dist/browser-worker.js", "inband/dist/inband.min.js"])(
    "%s is one self-contained script",
    (file) => {
      const path = join(root, "packages", file);
      expect(readFileSync(path, "utf8")).not.toMatch(/\bimport\s*[("']|\bfrom\s*["']/);
      expect(runNode("--check", path).status).toBe(0);
    },
  );

  it("inband.min.js gives a page without a bundler what it needs to publish and to receive", () => {
    const load = `console.log(Object.keys(await import("inband/inband.min.js")).join(" "))`;
    const { stdout } = runNode("--input-type=module", "-e", load);
    const names = ["SeiPublisher", "SeiSubscriber", "browserCarrier", "browserFeed", "connectWhep", "dataChannelFeed"];
    expect(stdout.trim().split(" ")).toEqual(expect.arrayContaining(names));
  });
});
