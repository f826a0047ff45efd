import { inband, ivs, type Profile, raw, seiModule, stagesSei } from "@inband/wire";
import { CommandError } from "./command-error.ts";

/** What `--profile` takes, in words. */
export const profileNames = "inband, ivs, stagesSei, seiModule, seiModule:TEXT or raw:UUID";

/** The UUID that the writer of `seiModule` comes with. */
const seiModuleUuid = "CUSTOM_UUID00000";

/** The profile to publish in. @throws CommandError for a name that is none. */
export function profileToWrite(name: string): Profile {
  const [first] = profilesToRead(name);
  return first;
}

/**
 * What a name says to read, what it says to write first: under `ivs` envelopes and bytes are both read.
 *
 * @throws CommandError for a name that is none.
 */
export function profilesToRead(name: string): [Profile, ...Profile[]] {
  const [kind, uuid] = name.split(/:(.*)/s);
  try {
    if (kind === "seiModule") return [seiModule(uuid ?? seiModuleUuid)];
    if (kind === "raw") return [raw(uuid ?? "")];
  } catch {
    const expected =
      kind === "raw" ? "a UUID, as in raw:73fe4a2c-0b55-4d3c-8155-c37ebacbdefc" : "1 to 16 letters of ASCII";
    throw new CommandError(`--profile ${kind}: takes ${expected}, not "${uuid ?? ""}".`);
  }
  if (name === "inband") return [inband()];
  if (name === "ivs") return [ivs({ envelope: true }), ivs()];
  if (name === "stagesSei") return [stagesSei()];
  throw new CommandError(`--profile takes ${profileNames}, not "${name}".`);
}
