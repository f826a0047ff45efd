import type { UserData } from "@inband/stream";
import { type Profile, profileFit } from "@inband/wire";

/** The profile that fits a message best, the first of equals; undefined for user data of no profile. */
export function profileOf(profiles: readonly Profile[], { uuid, payload }: UserData): Profile | undefined {
  let found: Profile | undefined;
  let best = 0;
  for (const profile of profiles) {
    const fit = profileFit(profile, uuid, payload);
    if (fit <= best) continue;
    found = profile;
    best = fit;
  }
  return found;
}
