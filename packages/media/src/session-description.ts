import { open, stat } from "node:fs/promises";
import { isUrl } from "./input-name.ts";

/** Whether a file is a session description (RFC 8866 5.1), which says where RTP packets come. */
export async function isSessionDescription(path: string): Promise<boolean> {
  if (isUrl(path)) return false;
  try {
    if (!(await stat(path)).isFile()) return false;
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(5), 0, 5, 0);
      return /^v=0\r?\n/.test(buffer.toString("latin1", 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
