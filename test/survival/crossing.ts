import { judge, type PicturesVerdict, type ProbeVerdict, type ReceivedAccessUnit } from "@inband/media/probe";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import type { Arrangement } from "./arrangement.ts";
import type { Box } from "./box.ts";
import { type Clip, writeMp4 } from "./clip.ts";
import { type Outcome, outcomes } from "./outcome.ts";

/** What one box did to one clip. */
export interface Crossing {
  readonly clip: Clip;
  readonly outcomes: ReadonlyMap<Arrangement, Outcome>;
  readonly pictures: PicturesVerdict | undefined;
  /** Why nothing came. */
  readonly failure: string | undefined;
}

/**
 * Sends a clip through a box. That a box gives up is a result, and not thrown; it has a second try, since a server may not
 * come to listen where another took its port.
 */
export async function cross(box: Box, clip: Clip): Promise<Crossing> {
  const first = await tryToCross(box, clip);
  return first.failure === undefined ? first : tryToCross(box, clip);
}

async function tryToCross(box: Box, clip: Clip): Promise<Crossing> {
  await using folder = await temporaryFolder();
  try {
    const clipFile = folder.file("clip.mp4");
    await writeMp4(clip.accessUnits, clipFile);
    const received = await box.run(clip, clipFile, folder.file);
    const verdict = judgeShown(clip, received);
    return { clip, outcomes: outcomes(clip, verdict), pictures: verdict.pictures, failure: undefined };
  } catch (error) {
    return { clip, outcomes: new Map(), pictures: undefined, failure: (error as Error).message };
  }
}

/** Pictures are sent in the order in which they are shown; an encoder with B-frames puts them into another. */
function judgeShown({ probe }: Clip, received: readonly ReceivedAccessUnit[]): ProbeVerdict {
  const verdict = judge(probe, received);
  if (verdict.pictures.outcome !== "re-encoded") return verdict;
  return judge(
    probe,
    [...received].sort((a, b) => a.timestamp - b.timestamp),
  );
}
