import { SessionDescription as WeriftDescription } from "werift";
import {
  dropUnknown,
  exceededPart,
  isSessionDescription,
  parseDescription,
  sdpPartNames,
  sectionsOf,
  writeDescription,
} from "../../session-description.ts";
import { StageError } from "../stage-error.ts";
import { type CandidatePlaces, keepUsableCandidates } from "./candidate.ts";
import { dropSimulcast, hasH264, isSimulcast, keepH264 } from "./h264-format.ts";

/** What an offer may have at most: more than one that a browser makes with every codec. */
const most = { lines: 1000, sections: 8, ssrcs: 64, candidates: 200 } as const;

/** Simulcast layers of one section, as many as browsers send. */
const mostLayers = 3;

/** Who offers. One who receives may do with a data channel, for the messages alone. */
export type OfferRole = "publish" | "subscribe";

/** An offer as the stage takes it. */
export interface Offer {
  /** The offer without the video formats that the stage cannot forward, and with few candidates. */
  readonly sdp: string;
  /** Whether a video section names neither an SSRC nor simulcast layers: what it sends could not be told apart. */
  readonly hasVideoWithoutSsrc: boolean;
}

/**
 * Reads an SDP offer. Of its video formats one is kept, H.264 in packetization mode 1, constrained baseline where there
 * is a choice, with its RTX: werift's answer would take the first format called H264, whatever its parameters. Simulcast
 * stays where layers are named by their ids alone, three at most; candidates at addresses that cannot be a peer's go.
 *
 * @throws StageError 400 when it is not an offer or has too many parts, 406 when there is video without H.264, naming what
 * was offered.
 */
export function readOffer(text: string, places: CandidatePlaces, role: OfferRole): Offer {
  const part = exceededPart(text, most);
  if (part !== undefined) {
    throw new StageError(400, `too-many-${part}`, `the offer has more than ${most[part]} ${sdpPartNames[part]}`);
  }
  if (!isSessionDescription(text)) throw badOffer(new Error("no v= line"));
  const description = parseDescription(text);
  const sections = sectionsOf(description);
  if (description.media.some(({ type }) => type === undefined)) throw badOffer(new Error("m= line not readable"));
  const media = description.media.filter(({ type }) => type === "audio" || type === "video");
  const hasChannel = role === "subscribe" && description.media.some(({ type }) => type === "application");
  if (media.length === 0 && !hasChannel) {
    throw new StageError(400, "no-media", "the offer has neither audio nor video");
  }
  // An attribute that this parser does not know may be a candidate to another one.
  for (const section of sections) dropUnknown(section);
  keepUsableCandidates(sections, places);
  const videos = media.filter(({ type }) => type === "video");
  for (const video of videos) {
    if (!isSimulcast(video) || (video.rids?.length ?? 0) > mostLayers) dropSimulcast(video);
    // Without H.264 the video of one who has a channel is declined by the answer.
    if (!hasChannel || hasH264(video)) keepH264(video);
  }
  const sdp = writeDescription(description);
  checkTransport(sdp);
  const hasVideoWithoutSsrc = videos.some((video) => !video.ssrcs?.length && !isSimulcast(video));
  return { sdp, hasVideoWithoutSsrc };
}

/** Refuses an offer that werift cannot read, or to which it could not connect, before there is a session for it. */
function checkTransport(sdp: string): void {
  let read: WeriftDescription;
  try {
    read = WeriftDescription.parse(sdp);
  } catch (cause) {
    throw badOffer(cause);
  }
  for (const { kind, port, iceParams, dtlsParams } of read.media) {
    if ((kind !== "audio" && kind !== "video" && kind !== "application") || port === 0) continue;
    const password = iceParams?.password || read.icePassword;
    const fingerprints = dtlsParams?.fingerprints ?? read.dtlsFingerprints;
    if (!password || fingerprints.length === 0) {
      throw new StageError(400, "bad-sdp", "the offer lacks ICE or DTLS parameters (ice-ufrag, ice-pwd, fingerprint)");
    }
  }
}

function badOffer(cause: unknown): StageError {
  return new StageError(400, "bad-sdp", "the body is not an SDP offer", { cause });
}
