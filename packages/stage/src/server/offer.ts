import { SessionDescription } from "werift";
import { type CandidatePlaces, withUsableCandidates } from "./candidate.ts";
import { StageError } from "./stage-error.ts";

/** Codecs that repair or wrap others. */
const auxiliary = new Set(["rtx", "red", "ulpfec", "flexfec-03"]);

/** Of an offer that a browser makes, with every codec; what is above is refused before it is parsed. */
const maxLines = 1000;
const maxSections = 8;
const maxSsrcLines = 64;
const maxCandidateLines = 200;

/** What an offer brings, from its text. */
export interface Offer {
  /** The offer without the video formats that the stage cannot forward, without simulcast and with few candidates. */
  readonly sdp: string;
  /** Whether a video section comes without `a=ssrc` lines, as with simulcast. */
  readonly hasVideoWithoutSsrc: boolean;
}

/**
 * Reads an SDP offer. Of its video formats one is kept, H.264 in packetization mode 1, constrained baseline where there
 * is a choice, with its RTX: werift's answer would take the first format called H264, whatever its parameters. Simulcast
 * is taken out, so that a publisher sends one stream, and so are candidates where no peer can be.
 *
 * Throws `StageError` 400 when it is no offer or one of too many parts, and 406 when there is video without H.264, naming what was offered.
 */
export function readOffer(text: string, places: CandidatePlaces): Offer {
  checkParts(text);
  let description: SessionDescription;
  try {
    if (!/^v=0\r?\n/.test(text)) throw new Error("no v= line");
    description = SessionDescription.parse(text);
  } catch (error) {
    throw new StageError(400, "bad-sdp", "the body is not an SDP offer", { cause: error });
  }
  const media = description.media.filter(({ kind }) => kind === "audio" || kind === "video");
  if (media.length === 0) throw new StageError(400, "no-media", "the offer has neither audio nor video");
  for (const section of media) {
    const password = section.iceParams?.password || description.icePassword;
    const fingerprints = section.dtlsParams?.fingerprints ?? description.dtlsFingerprints;
    if (section.port !== 0 && (!password || fingerprints.length === 0)) {
      throw new StageError(400, "bad-sdp", "the offer lacks ICE or DTLS parameters (ice-ufrag, ice-pwd, fingerprint)");
    }
  }
  const sections = withUsableCandidates(splitSections(text), places);
  const rewritten = sections.map((section) => (/^m=video /.test(section) ? onlyH264(section) : section));
  return {
    sdp: rewritten.join(""),
    hasVideoWithoutSsrc: media.some(({ kind, ssrc }) => kind === "video" && ssrc.length === 0),
  };
}

function checkParts(text: string): void {
  const bounds = [
    [/[\r\n]+/g, maxLines, "lines"],
    [/^m=/gm, maxSections, "sections"],
    [/^a=ssrc:/gm, maxSsrcLines, "ssrcs"],
    [/^a=candidate:/gm, maxCandidateLines, "candidates"],
  ] as const;
  const names = { lines: "lines", sections: "media sections", ssrcs: "SSRC lines", candidates: "candidates" };
  for (const [pattern, most, part] of bounds) {
    if ((text.match(pattern)?.length ?? 0) > most) {
      throw new StageError(400, `too-many-${part}`, `the offer has more than ${most} ${names[part]}`);
    }
  }
}

function splitSections(text: string): string[] {
  return text.replace(/\r?\n/g, "\r\n").split(/(?=^m=)/m);
}

interface Format {
  readonly payloadType: string;
  readonly name: string;
  readonly parameters: string;
}

function onlyH264(section: string): string {
  const formats = readFormats(section);
  const mode1 = formats.filter(
    ({ name, parameters }) => name.toUpperCase() === "H264" && /packetization-mode=1/.test(parameters),
  );
  if (mode1.length === 0) {
    const offered = new Set(
      formats
        .filter(({ name }) => !auxiliary.has(name.toLowerCase()))
        .map(({ name }) => (name.toUpperCase() === "H264" ? `${name} packetization-mode=0` : name)),
    );
    throw new StageError(
      406,
      "no-h264",
      `the stage forwards H.264 in packetization mode 1 only; the offer has ${[...offered].join(", ") || "no video codec"}`,
    );
  }
  const [best] = mode1.toSorted((a, b) => rank(a) - rank(b)) as [Format];
  const rtx = formats.filter(
    ({ name, parameters }) => name.toLowerCase() === "rtx" && apt(parameters) === best.payloadType,
  );
  const kept = [best, ...rtx.slice(0, 1)];
  const keptTypes = new Set(kept.map(({ payloadType }) => payloadType));
  return section
    .split("\r\n")
    .filter((line) => {
      if (/^a=(simulcast|rid):/.test(line)) return false;
      const ofFormat = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line);
      return !ofFormat || keptTypes.has(ofFormat[1] as string);
    })
    .map((line) =>
      line.startsWith("m=video ")
        ? [...line.split(" ").slice(0, 3), ...kept.map((f) => f.payloadType)].join(" ")
        : line,
    )
    .join("\r\n");
}

function readFormats(section: string): Format[] {
  const parameters = new Map<string, string>();
  for (const [, payloadType, value] of section.matchAll(/^a=fmtp:(\d+) ([^\r\n]*)/gm)) {
    parameters.set(payloadType as string, value as string);
  }
  return [...section.matchAll(/^a=rtpmap:(\d+) ([^/\r\n]+)/gm)].map(([, payloadType, name]) => ({
    payloadType: payloadType as string,
    name: name as string,
    parameters: parameters.get(payloadType as string) ?? "",
  }));
}

/** Constrained baseline is what every browser decodes and most encoders of ours send. */
function rank({ parameters }: Format): number {
  const profile = /profile-level-id=([0-9a-f]{4})/i.exec(parameters)?.[1]?.toLowerCase();
  return profile === "42e0" ? 0 : profile?.startsWith("42") ? 1 : 2;
}

function apt(parameters: string): string | undefined {
  return /(?:^|[; ])apt=(\d+)/.exec(parameters)?.[1];
}
