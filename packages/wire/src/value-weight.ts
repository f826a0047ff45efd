import { arrayWeight, bytesWeight, mapWeight, maxWeight, textWeight, valueWeight } from "./messagepack-value.ts";
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
  if (typeof value === "string") return valueWeight + textWeight + value.length;
  if (typeof value !== "object" || value === null) return valueWeight;
  if (value instanceof Uint8Array) return valueWeight + bytesWeight + value.length;
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, each) => sum + weightOf(each), valueWeight + arrayWeight);
  }
  let sum = valueWeight + mapWeight;
  for (const [key, member] of Object.entries(value)) sum += weightOf(key) + weightOf(member);
  return sum;
}
