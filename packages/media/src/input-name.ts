import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MediaError } from "./media-error.ts";

/** @throws TypeError for what cannot be the name of an input. */
export function checkInput(input: unknown): void {
  if (typeof input === "string" && input !== "") return;
  throw new TypeError(`input: expected the name of a file or a URL, got ${input === "" ? "no text" : typeof input}`);
}

/** The path of a `file:` URL; any other input as it is. */
export function inputName(input: string): string {
  if (!input.startsWith("file:")) return input;
  try {
    return fileURLToPath(input);
  } catch (cause) {
    throw new MediaError("not-found", `There is no file "${input}".`, { input, cause });
  }
}

/** Whether an input or output is named by a URL. A scheme has two letters or more; one letter is a Windows drive. */
export function isUrl(input: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(input);
}

/** @throws MediaError when there is no such file, or it is a folder. */
export async function checkFile(name: string, input: string): Promise<void> {
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(name)).isDirectory();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new MediaError("not-found", `There is no file "${input}".`, { input, cause });
    }
    throw new MediaError("unreadable", `"${input}" cannot be opened: ${String(code ?? cause)}.`, { input, cause });
  }
  if (isDirectory) throw new MediaError("unreadable", `"${input}" is a folder, not a media file.`, { input });
}
