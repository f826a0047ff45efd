import type { AccessUnit } from "@inband/h264";
import { openSource } from "@inband/media";

/** The access units of a file, as `openSource` of `@inband/media` reads them. */
export async function readAccessUnits(file: string): Promise<AccessUnit[]> {
  const accessUnits: AccessUnit[] = [];
  await using source = await openSource(file);
  for await (const packet of source) if (packet.kind === "video") accessUnits.push(packet);
  return accessUnits;
}
