import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** Asked by the packages' scripts before they start a service; 101 forbids it. */
const policy = "/usr/sbin/policy-rc.d";

/**
 * Installs those of the Debian packages that are missing, where this is Debian and the user is root; no service of theirs
 * is started. `INBAND_NO_INSTALL=1` forbids it.
 *
 * @param {readonly string[]} packages
 * @returns {string | undefined} Why they are not all there; undefined where they are.
 */
export function installDebian(packages) {
  if (!existsSync("/etc/debian_version")) return "this is not Debian";
  const missing = packages.filter((name) => !isThere(name));
  if (missing.length === 0) return undefined;
  if (process.env.INBAND_NO_INSTALL === "1") return "INBAND_NO_INSTALL=1 forbids it";
  if (process.getuid?.() !== 0) return "only root can";
  console.error(`Installing Debian's ${missing.join(", ")} (INBAND_NO_INSTALL=1 forbids it) ...`);
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    if (!apt("update")) return "apt-get update failed";
    if (install(...missing)) return undefined;
    // One that this release does not have is no reason to do without the others.
    const failed = missing.filter((name) => !install(name));
    return failed.length > 0 ? `apt-get cannot install ${failed.join(", ")}` : undefined;
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

function isThere(name) {
  return spawnSync("dpkg", ["-s", name], { encoding: "utf8" }).stdout?.includes("\nStatus: install ok installed\n");
}

function install(...names) {
  return apt("install", "-y", "--no-install-recommends", ...names);
}

function apt(...args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NODE_OPTIONS: "" };
  const command = ["-qq", "-o", "DPkg::Lock::Timeout=300", ...args];
  return spawnSync("apt-get", command, { stdio: ["ignore", 2, 2], env: environment }).status === 0;
}
