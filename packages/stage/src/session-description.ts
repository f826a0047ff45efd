import { type MediaDescription, parse, type SessionDescription, write } from "sdp-transform";

export type { MediaDescription, SessionDescription } from "sdp-transform";

/** The parts of a session description that are bounded. */
export type SdpPart = "lines" | "sections" | "ssrcs" | "candidates";

/** The parts as people call them. */
export const sdpPartNames: Readonly<Record<SdpPart, string>> = {
  lines: "lines",
  sections: "media sections",
  ssrcs: "SSRC lines",
  candidates: "candidates",
};

/** What the session level and a media section have in common, and candidates, which belong to media sections. */
export type SdpSection = Pick<
  MediaDescription,
  "candidates" | "endOfCandidates" | "fingerprint" | "msid" | "invalid"
> & { msidSemantic?: SessionDescription["msidSemantic"] };

/** Attributes of which the parser keeps a part only: one of several fingerprints (RFC 8122 5), ids up to a brace or dot. */
const keptVerbatim = ["fingerprint:", "msid:", "msid-semantic:"];

/** Whether a text begins as a session description does. RFC 8866 5.1. */
export function isSessionDescription(text: string): boolean {
  return text.startsWith("v=0\n") || text.startsWith("v=0\r\n");
}

/**
 * The part of which a text has more than `most`, if there is one. It scans without copying, and no further than the last
 * line that a text may have: a hostile description of any size costs nothing before it is refused.
 */
export function exceededPart(text: string, most: Readonly<Record<SdpPart, number>>): SdpPart | undefined {
  const counts = { lines: 0, sections: 0, ssrcs: 0, candidates: 0 };
  for (let at = 0; at < text.length; ) {
    if (text.startsWith("m=", at)) counts.sections += 1;
    else if (text.startsWith("a=ssrc:", at)) counts.ssrcs += 1;
    else if (text.startsWith("a=candidate:", at)) counts.candidates += 1;
    while (at < text.length && !isLineEnd(text, at)) at += 1;
    if (at < text.length) counts.lines += 1;
    while (isLineEnd(text, at)) at += 1;
    if (counts.lines > most.lines) return "lines";
  }
  return (["sections", "ssrcs", "candidates"] as const).find((part) => counts[part] > most[part]);
}

/** Reads a description that is within bounds. Never throws: attributes that the parser does not know are in `invalid`. */
export function parseDescription(text: string): SessionDescription {
  const description = parse(text);
  const sections = sectionsOf(description);
  for (const section of sections) {
    delete section.fingerprint;
    delete section.msid;
    delete section.msidSemantic;
  }
  let section = 0;
  for (const line of text.split(/[\r\n]+/)) {
    if (line.startsWith("m=")) section += 1;
    else if (line.startsWith("a=") && isKeptVerbatim(line.slice(2))) addUnknown(sections[section], line.slice(2));
  }
  return description;
}

/** The text of a description, in the order of RFC 8866 5. */
export function writeDescription(description: SessionDescription): string {
  return write(description);
}

/** The session level, and all media sections behind it. */
export function sectionsOf(description: SessionDescription): SdpSection[] {
  return [description, ...description.media];
}

/** Drops the attributes of a section that the parser does not know. */
export function dropUnknown(section: SdpSection): void {
  if (section.invalid === undefined) return;
  section.invalid = section.invalid.filter(({ value }) => isKeptVerbatim(value));
}

function addUnknown(section: SdpSection | undefined, value: string): void {
  if (section === undefined) return;
  section.invalid ??= [];
  section.invalid.push({ value });
}

function isKeptVerbatim(attribute: string): boolean {
  return keptVerbatim.some((name) => attribute.startsWith(name));
}

function isLineEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 10 || code === 13;
}
