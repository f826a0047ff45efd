import type { Stage, TokenOptions } from "@inband/stage/server";
import { vi } from "vitest";

/** A token that has expired. */
export async function expiredToken(stage: Stage, options: TokenOptions): Promise<string> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 60_000 });
  try {
    return await stage.createToken({ ...options, expiresInSeconds: 30 });
  } finally {
    vi.useRealTimers();
  }
}
