import { styleText } from "node:util";
import { counted } from "../counted.ts";
import { plain } from "../plain-text.ts";
import type { HopReport, PathReport } from "./path-report.ts";

const widthOfOutcome = 11;

/** What a path did, for people: a line for each end, and beneath it what happened and what to do. */
export function pathText(report: PathReport): string[] {
  const { sentTo, video, pictures, messages, tookMs, failure, hops } = report;
  const seconds = (tookMs / 1000).toFixed(1);
  return [
    line(
      "sent",
      "cyan",
      sentTo,
      `${counted(pictures, "picture")}, ${counted(messages, "message")} in ${seconds} s (${plain(video)})`,
    ),
    ...(failure === undefined ? [] : [beneath(plain(failure))]),
    ...hops.flatMap((hop, index) => hopText(hop, hops[index - 1], sentTo)),
  ];
}

function hopText(hop: HopReport, before: HopReport | undefined, sentTo: string): string[] {
  const { outcome, end, explanations } = hop;
  const colour = outcome === "kept" ? "green" : "red";
  const lines = [line(outcome === "kept" ? "kept" : outcome.toUpperCase(), colour, end, figures(hop))];
  if (outcome === "lost" && (before === undefined || before.outcome === "kept")) {
    lines.push(beneath(`It happened between ${plain(before?.end ?? sentTo)} and here.`));
  }
  for (const { message, advice, isHarm } of explanations) {
    lines.push(beneath(plain(message)));
    if (advice !== "" && isHarm) lines.push(beneath(styleText("dim", `-> ${plain(advice)}`)));
  }
  return lines;
}

/** "110 of 120 messages, 8 truncated, 2 stripped; pictures whole" */
function figures({ messages, pictures }: HopReport): string {
  if (messages === undefined || pictures === undefined) return "";
  const { sent, kept, ...others } = messages;
  const fates = Object.entries(others)
    .filter(([, count]) => count > 0)
    .map(([fate, count]) => `, ${count} ${fate}`);
  const shown = { whole: "whole", "re-encoded": "encoded again", none: "missing", suffered: suffering(pictures) };
  return `${kept} of ${counted(sent, "message")}${fates.join("")}; pictures ${shown[pictures.outcome]}`;
}

function suffering({ missing, changed, doubled, reordered, foreign }: NonNullable<HopReport["pictures"]>): string {
  return Object.entries({ missing, changed, doubled, reordered, foreign })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

function line(outcome: string, colour: "cyan" | "green" | "red", end: string, figures: string): string {
  return `${styleText(colour, outcome.padEnd(widthOfOutcome))} ${plain(end)}${figures === "" ? "" : `  ${figures}`}`;
}

function beneath(text: string): string {
  return `${" ".repeat(widthOfOutcome + 1)}${text}`;
}
