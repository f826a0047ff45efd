/** Three digits, or all before the point. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A value with its unit; shares more finely where they are nearly all. */
export function quantity(value: number, unit: string): string {
  if (Number.isNaN(value)) return "unavailable";
  if (unit !== "%") return `${number(value)} ${unit}`;
  return `${Number(value.toFixed(value >= 99 ? 3 : 2))} %`;
}
