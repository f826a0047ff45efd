import { readUserData } from "@inband/h264";
import type { SeiSink, UserDataPlace } from "./feed.ts";

/** Hands the user data of a SEI NAL unit over, and says how much of it is broken. A NAL unit of another type has none. */
export function readSei(sink: SeiSink, nal: Uint8Array, place: UserDataPlace): void {
  const broken = readUserData(nal, (uuid, payload) => sink.userData({ uuid, payload }, place));
  if (broken > 0) sink.broken(broken, place.stream);
}
