import type { Bitstream } from "./bitstream.ts";
import { openUnreadable } from "./bitstream-parts.ts";
import { goFuzzValues } from "./go-fuzz-seed.ts";
import { openRaw } from "./raw-bitstream.ts";
import { memoryBytes } from "./stored-bytes.ts";
import { detectStoredFormat } from "./stored-format.ts";

/** The first value of a seed of a Go fuzz test, read as a file of its own. */
export async function openSeed(file: Uint8Array): Promise<Bitstream> {
  const [value, ...others] = goFuzzValues(file);
  const finding = {
    rule: "fuzz-seed",
    severity: "warning",
    message:
      value === undefined
        ? "A seed of a Go fuzz test without a value of bytes"
        : `A seed of a Go fuzz test: its first value of ${value.length} byte(s) was read` +
          (others.length === 0 ? "" : `, ${others.length} more were not`),
  } as const;
  if (value === undefined) return openUnreadable("unknown", file.length, [finding]);
  const detected = await detectStoredFormat(memoryBytes(value));
  if (detected.kind === "raw") {
    return openRaw(memoryBytes(value), { ...detected, findings: [finding, ...detected.findings] }, undefined);
  }
  const message = "The bytes are no H.264 that can be read";
  return openUnreadable("unknown", file.length, [finding, { rule: "unknown-format", severity: "error", message }]);
}
