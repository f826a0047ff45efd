/**
 * Fails on an import that the tiers forbid: an entry point of the same or a higher tier, a deep import into another package, a
 * relative import that leaves its package, a package that package.json does not declare. The rig is above all of them:
 * it imports entry points, and no package imports it. The tests of a package import the rig, and nothing of the tests
 * of another package.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { entryPoints } from "./tiers.ts";

const root = resolve(import.meta.dirname, "..");
const findings: string[] = [];
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

interface Manifest {
  readonly name: string;
  readonly exports: Record<string, string | { "@inband/source": string }>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

for (const manifestPath of globSync("packages/*/package.json", { cwd: root })) {
  const folder = join(root, dirname(manifestPath));
  const manifest: Manifest = JSON.parse(readFileSync(join(root, manifestPath), "utf8"));
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);

  for (const file of globSync("src/**/*.ts", { cwd: folder })) {
    const path = join(folder, file);
    const entryPoint = entryPointOf(manifest, file);
    for (const target of importsOf(path)) {
      const problem = target.startsWith(".")
        ? checkRelative(folder, path, target, manifest, entryPoint)
        : checkPackage(manifest, declared, entryPoint, target);
      if (problem) findings.push(`${relative(root, path)}: ${problem}`);
    }
  }
}

const rig = join(root, "rig/src");
const scripts = join(root, "scripts");

for (const file of globSync("**/*.ts", { cwd: rig })) {
  const path = join(rig, file);
  for (const target of importsOf(path)) {
    const problem = checkRig(path, target);
    if (problem) findings.push(`${relative(root, path)}: ${problem}`);
  }
}

for (const file of globSync("packages/*/test/**/*.ts", { cwd: root })) {
  const path = join(root, file);
  const folder = join(root, ...file.split(sep).slice(0, 2));
  for (const target of importsOf(path)) {
    const isElsewhere = target.startsWith(".") && !resolve(dirname(path), target).startsWith(folder + sep);
    if (isElsewhere) findings.push(`${file}: "${target}" is of another package: what tests share is in the rig`);
  }
}

for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;

function importsOf(path: string): string[] {
  const matches = [...readFileSync(path, "utf8").matchAll(importPattern)];
  return matches.map(([, fromStatic, fromDynamic]) => fromStatic ?? fromDynamic ?? "");
}

/** The most specific entry point whose folder holds the file. */
function entryPointOf(manifest: Manifest, file: string): string {
  let best = manifest.name;
  let bestLength = -1;
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === "string") continue;
    const entry = conditions["@inband/source"].replace("./", "");
    const place = dirname(entry);
    const isInside = place === "src" || file.split(sep).join("/").startsWith(`${place}/`);
    if (isInside && place.length > bestLength) {
      best = subpath === "." ? manifest.name : `${manifest.name}${subpath.slice(1)}`;
      bestLength = place.length;
    }
  }
  return best;
}

function checkRelative(folder: string, path: string, target: string, manifest: Manifest, entryPoint: string) {
  const full = resolve(dirname(path), target);
  if (!full.startsWith(folder + sep)) return `"${target}" leaves the package: import an entry point`;
  const other = entryPointOf(manifest, relative(folder, full));
  return other === entryPoint || mayImport(entryPoint, other)
    ? undefined
    : `${entryPoint} may not import ${other} ("${target}")`;
}

function checkPackage(manifest: Manifest, declared: Set<string>, entryPoint: string, target: string) {
  if (target.startsWith("node:")) return undefined;
  const name = target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
  if (name === "@inband/rig") return `"${target}" is for tests, bench and laboratories only`;
  if (!declared.has(name)) return `"${name}" is not declared in ${manifest.name}'s package.json`;
  if (!target.startsWith("@inband/") && target !== "inband") return undefined;
  if (!entryPoints[target]) return `"${target}" is not an entry point`;
  return mayImport(entryPoint, target)
    ? undefined
    : `${entryPoint} (tier ${entryPoints[entryPoint]?.tier}) may not import ${target} (tier ${entryPoints[target].tier})`;
}

function checkRig(path: string, target: string): string | undefined {
  if (target.startsWith(".")) {
    const full = resolve(dirname(path), target);
    const isInside = [rig, scripts].some((folder) => full.startsWith(folder + sep));
    return isInside ? undefined : `"${target}" leaves the rig: import an entry point`;
  }
  const isEntryPoint = !target.startsWith("@inband/") || entryPoints[target] !== undefined;
  return isEntryPoint ? undefined : `"${target}" is not an entry point`;
}

function mayImport(from: string, to: string): boolean {
  const source = entryPoints[from];
  const target = entryPoints[to];
  if (!source || !target) return false;
  return target.tier < source.tier || (source.also?.includes(to) ?? false);
}
