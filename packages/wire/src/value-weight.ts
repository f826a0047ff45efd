import { maxWeight, weights } from "./messagepack-value.ts";
import { WireError } from "./wire-error.ts";

/** In as many bytes no value is too heavy: empty binaries, the heaviest for their two bytes, weigh 116 for each byte. */
const lightBytes = maxWeight / 128;

/**
 * Refuses a value that no reader takes, since it would hold much more memory than it has bytes.
 *
 * @throws WireError `payload-too-large`.
 */
export function checkWeight(value: unknown, encodedBytes: number): void {
  if (encodedBytes <= lightBytes) return;
  const actualBytes = weightOf(value);
  if (actualBytes <= maxWeight) return;
  const text = `The value would take about ${actualBytes} bytes of its receivers; at most ${maxWeight} are carried`;
  throw new WireError("payload-too-large", text, { limitBytes: maxWeight, actualBytes });
}

/** See SPEC.md section 6. The value has been checked: it is of core MessagePack and not deep. */
function weightOf(value: unknown): number {
  if (typeof value === "string") return weights.value + weights.text + value.length;
  if (typeof value !== "object" || value === null) return weights.value;
  if (value instanceof Uint8Array) return weights.value + weights.bytes + value.length;
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, each) => sum + weightOf(each), weights.value + weights.array);
  }
  let sum = weights.value + weights.map;
  for (const [key, member] of Object.entries(value)) sum += weightOf(key) + weightOf(member);
  return sum;
}
