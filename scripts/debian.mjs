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
    if (!apt("install", "-y", "--no-install-recommends", ...missing)) return "apt-get install failed";
    return undefined;
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

function isThere(name) {
  const { status, stdout } = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], { encoding: "utf8" });
  return status === 0 && stdout === "installed";
}

function apt(...args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NODE_OPTIONS: "" };
  const command = ["-qq", "-o", "DPkg::Lock::Timeout=300", ...args];
  return spawnSync("apt-get", command, { stdio: ["ignore", 2, 2], env: environment }).status === 0;
}
