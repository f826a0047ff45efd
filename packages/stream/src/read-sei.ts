import { readUserData } from "@inband/h264";
import type { SeiSink, UserDataPlace } from "./sei-feed.ts";

/** Delivers the user data of a SEI NAL unit, and the number of broken messages. A NAL unit of another type has none. */
export function readSei(sink: SeiSink, nal: Uint8Array, place: UserDataPlace): void {
  const broken = readUserData(nal, (uuid, payload) => sink.userData({ uuid, payload }, place));
  if (broken > 0) sink.broken(broken, place.stream);
}
