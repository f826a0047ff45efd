import type { AccessUnit } from "@inband/h264";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { type Clip, writeMp4 } from "./clip.ts";
import type { Playback, Player } from "./player.ts";

/** How a player showed one clip, and the same pictures without messages. */
export interface Showing {
  readonly clip: Clip;
  readonly played: Playback;
  readonly bare: Playback;
}

/** Plays a clip, and then the same pictures without messages. That a player gives up is a result, and not thrown. */
export async function show(player: Player, clip: Clip): Promise<Showing> {
  return { clip, played: await play(player, clip.accessUnits), bare: await play(player, clip.bare) };
}

async function play(player: Player, accessUnits: readonly AccessUnit[]): Promise<Playback> {
  await using folder = await temporaryFolder();
  const clipFile = folder.file("clip.mp4");
  await writeMp4(accessUnits, clipFile);
  try {
    return await player.play(accessUnits, clipFile, folder.file);
  } catch (error) {
    return { pictures: 0, errors: [(error as Error).message] };
  }
}

/** How a clip was shown, in a word or two. */
export function showingText({ clip, played, bare }: Showing): string {
  const errors = [...new Set(played.errors.filter((error) => !bare.errors.includes(error)).map(brief))];
  // Some count a few more, with messages and without.
  const enough = Math.min(bare.pictures, clip.bare.length);
  const isComplete = played.pictures >= enough;
  if (isComplete && errors.length === 0) return "plays";
  if (isComplete) return `plays, but says: ${errors.join(", ")}`;
  return [`**stops** or skips: ${played.pictures} of ${enough} pictures`, ...errors].join(", ");
}

/** An error without addresses, times and what else is different each time. */
function brief(error: string): string {
  const [first = ""] = error.replace(/^\[[^\]]*\] |PipelineStatus::/g, "").split(/:|\{| with size/);
  return first.replaceAll("|", "/").trim();
}
