import { plain } from "../plain-text.ts";
import { type PathFigures, pathNames, type SelfTestRow } from "./row.ts";

const titles = { fromPage: "page -> stage -> page", fromNode: "Node -> stage -> page" } as const;

/** A row as lines for people. */
export function describeRow(row: SelfTestRow): string {
  const able = Object.entries(row.abilities).map(
    ([name, value]) =>
      `  ${value === false ? "no " : "yes"}  ${plain(name)}${typeof value === "string" ? `: ${plain(value)}` : ""}`,
  );
  const paths = pathNames.map((name) => `  ${titles[name]}   ${describeFigures(row[name])}`);
  return [plain(row.userAgent), ...able, ...paths, ""].join("\n");
}

function describeFigures(figures: PathFigures): string {
  const { sent, received, twice, exact, onFrame, framesSeen, framesDecoded, problem } = figures;
  const told = `${received} of ${sent} received, ${twice} twice, ${exact} exact, ${onFrame} of ${framesSeen} on their frame, ${framesDecoded} frames decoded`;
  return problem === undefined ? told : `${told}: ${plain(problem)}`;
}
