import { NodeAvError } from "./node-av-error.ts";

/** The two entry points of node-av that are used: its low-level layer and FFmpeg's constants. */
export type NodeAv = typeof import("node-av/lib") & { readonly constants: typeof import("node-av/constants") };

const install = "npm install node-av@6.1.1";

let loaded: Promise<NodeAv> | undefined;

/**
 * Loads node-av on the first call: it is an optional peer of 175 MB. `purpose` begins the sentence that says what needs
 * it, as "Encoding" does. A failed load is tried again by the next call.
 *
 * @throws NodeAvError where it is not installed or does not load.
 */
export async function loadNodeAv(purpose: string): Promise<NodeAv> {
  loaded ??= importNodeAv();
  try {
    return await loaded;
  } catch (cause) {
    loaded = undefined;
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = isMissing ? "The package node-av is not installed" : `The package node-av does not load: ${text}`;
    throw new NodeAvError(reason, `${purpose} needs it: ${install}`, { cause });
  }
}

async function importNodeAv(): Promise<NodeAv> {
  const [lib, constants] = await Promise.all([import("node-av/lib"), import("node-av/constants")]);
  // FFmpeg prints at level INFO by default; a level that the application has chosen is left alone.
  if (lib.Log.getLevel() === constants.AV_LOG_INFO) lib.Log.setLevel(constants.AV_LOG_FATAL);
  return { ...lib, constants };
}
