import type { PeerConnection } from "node-datachannel";
import { onTestFinished } from "vitest";
import { loopbackNativePeer } from "./peer.ts";

/** A peer connection of node-datachannel on loopback that ends with the test. */
export function nativePeer(name = "test"): PeerConnection {
  const pc = loopbackNativePeer(name);
  onTestFinished(() => pc.close());
  return pc;
}
