import { resolve, sep } from "node:path";

/** What a pattern may ask for. */
export interface RecordingNameFields {
  readonly taskId: string;
  /** UTC, to the millisecond, as `20261128T154102123Z`. */
  readonly timestamp: string;
  readonly eventType: string;
  readonly eventId: string;
}

/** Bytes of a name, which leave room for a number and `.part` within the 255 that file systems take. */
const maxNameLength = 200;
const field = /\{([^{}]*)\}/g;
const fields: ReadonlySet<string> = new Set([
  "taskId",
  "timestamp",
  "eventType",
  "eventId",
] satisfies (keyof RecordingNameFields)[]);

/** @throws TypeError for a pattern that does not name a file in its folder. */
export function checkRecordingPattern(pattern: string): void {
  if (typeof pattern !== "string" || pattern === "") throw new TypeError("pattern: expected the name of a file");
  if (/[\\/\0]/.test(pattern)) throw new TypeError(`pattern: expected a name without a folder, got ${pattern}`);
  if (!/\.(mp4|m4v)$/i.test(pattern)) throw new TypeError(`pattern: expected one that ends in .mp4, got ${pattern}`);
  for (const [, name = ""] of pattern.matchAll(field)) {
    if (!fields.has(name))
      throw new TypeError(`pattern: {${name}} is not known, expected {${[...fields].join("}, {")}}`);
  }
}

/**
 * The path of a recording in a folder, without its extension, and that. What a field holds cannot lead elsewhere: of its
 * characters letters, digits, `_`, `-` and dots within remain, and others become `_`.
 */
export function recordingPath(
  folder: string,
  pattern: string,
  values: RecordingNameFields,
): { stem: string; extension: string } {
  const name = pattern.replace(field, (_, key: keyof RecordingNameFields) => harmless(values[key]));
  const at = name.lastIndexOf(".");
  const stem = resolve(folder, name.slice(0, at).slice(0, maxNameLength));
  if (!stem.startsWith(resolve(folder) + sep)) throw new TypeError(`pattern: ${pattern} leads out of its folder`);
  return { stem, extension: name.slice(at) };
}

/** A time as part of a name: without the characters that Windows forbids. */
export function timestampName(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:.]/g, "");
}

function harmless(value: string): string {
  return (
    value
      .replace(/[^A-Za-z0-9._-]/g, "_")
      .replace(/^\.+/, "_")
      .slice(0, 80) || "_"
  );
}
