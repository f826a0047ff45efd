import { inband, ivs, type Profile, raw, seiModule, stagesSei } from "@inband/wire";
import { CommandError } from "./command-error.ts";

/** What `--profile` takes, in words. */
const profileNames = "inband, ivs, ivs:envelope, stagesSei, seiModule, seiModule:TEXT or raw:UUID";

/** The UUID that the writer of `seiModule` comes with. */
const seiModuleUuid = "CUSTOM_UUID00000";

/** What is read where no profile is named. Where two share a UUID, what is no envelope is left to the second. */
export const profilesReadByDefault: readonly string[] = ["inband", "ivs:envelope", "ivs"];

/**
 * The profile that `--profile` names, as the function of `@inband/wire` with that name makes it.
 *
 * @throws CommandError for a name that is none.
 */
export function profileOf(name: string): Profile {
  const [kind, uuid] = name.split(/:(.*)/s);
  try {
    if (kind === "seiModule") return seiModule(uuid ?? seiModuleUuid);
    if (kind === "raw") return raw(uuid ?? "");
  } catch {
    const expected =
      kind === "raw" ? "a UUID, as in raw:73fe4a2c-0b55-4d3c-8155-c37ebacbdefc" : "1 to 16 letters of ASCII";
    throw new CommandError(`--profile ${kind}: takes ${expected}, not "${uuid ?? ""}".`);
  }
  if (name === "inband") return inband();
  if (name === "ivs") return ivs();
  if (name === "ivs:envelope") return ivs({ envelope: true });
  if (name === "stagesSei") return stagesSei();
  throw new CommandError(`--profile takes ${profileNames}, not "${name}".`);
}
