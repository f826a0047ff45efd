import { networkInterfaces } from "node:os";

/** Addresses that stand for all of a machine, which nobody can be sent to. */
const everywhere = new Set(["0.0.0.0", "::"]);

/** The URL by which others reach a server that listens on all addresses: the first one on a network, if there is any. */
export function reachableUrl(url: string, host: string): string {
  if (!everywhere.has(host)) return url;
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const address = addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
  const { protocol, port } = new URL(url);
  return `${protocol}//${address}:${port}`;
}

/** Whether a phone may reach a URL: whether it is of more than this machine. */
export function isOnNetwork(url: string): boolean {
  return !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
