/** What a value is, for the "got ..." of an error: `"ivs"`, `5`, `null`, `a Uint8Array`, `the function ivs`. */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}\u2026` : value);
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^([AEIO]|[FHLMNRSX][A-Z\d])/.test(name) ? "an" : "a"} ${name}`;
}
