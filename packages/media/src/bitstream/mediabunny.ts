import type { InputFormat } from "mediabunny";

/** The module mediabunny. */
export type Mediabunny = typeof import("mediabunny");

/** Loads mediabunny when the first file needs it. */
export async function loadMediabunny(): Promise<Mediabunny> {
  const mediabunny = await import("mediabunny");
  // By default it prints what it does not support; a level that the application has chosen is left alone.
  if (mediabunny.Logging.level === mediabunny.LogLevel.Info) mediabunny.Logging.level = mediabunny.LogLevel.Silent;
  return mediabunny;
}

/** The name of a container that mediabunny reads. */
export function formatName({ MP4, QTFF, WEBM }: Mediabunny, format: InputFormat): string {
  if (format === QTFF) return "mov";
  if (format === WEBM) return "webm";
  return format === MP4 ? "mp4" : "mkv";
}
