/**
 * Fails when package-lock.json lacks what `npm ci` will ask for, or names where a package was downloaded from. An
 * optional platform package that the registry lacked at install time is silently left out of the lockfile, and `npm ci`
 * then refuses on every machine.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface Entry {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const root = resolve(import.meta.dirname, "..");
const packages: Record<string, Entry> = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
const findings: string[] = [];

for (const [path, entry] of Object.entries(packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) findings.push(`${path}: names a download address`);
  for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    if (!isReachable(path, name)) findings.push(`${path || "the root"}: ${name} is missing`);
  }
}

for (const finding of findings) console.error(`package-lock.json: ${finding}`);
if (findings.length > 0) process.exitCode = 1;

/** Node's resolution: the nearest node_modules upwards. */
function isReachable(from: string, name: string): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("/")))) {
    if (packages[`${place ? `${place}/` : ""}node_modules/${name}`]) return true;
    if (!place) return false;
  }
}
