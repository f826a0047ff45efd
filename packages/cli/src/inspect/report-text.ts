import { styleText } from "node:util";
import type { Finding } from "@inband/h264";
import { shownInput } from "@inband/media";
import { type InspectReport, nalUnitName, seiName, type UserDataItem, userDataOwner } from "@inband/media/inspect";
import { counted } from "../counted.ts";
import { plain } from "../plain-text.ts";

type Row = readonly string[];

/** More findings of one rule than these are counted, not shown. */
const shownOfOneRule = 5;

/** The report in words, for people. */
export function reportText(input: string, report: InspectReport): string {
  const { format, accessUnits, nalUnits, sei, userData, findings } = report;
  const total = Object.values(nalUnits).reduce((sum, count) => sum + count, 0);
  const sections = [
    `${styleText("bold", plain(shownInput(input)))}  ${format}, ${counted(accessUnits, "access unit")}, ${counted(total, "NAL unit")}`,
    section("NAL units", ["type", "", "count"], byType(nalUnits, nalUnitName)),
    section("SEI messages", ["type", "", "count"], byType(sei, seiName)),
    section("User data", ["UUID", "whose", "messages", "bytes"], byUuid(userData)),
    findingsText(findings),
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

function byType(counts: Readonly<Record<string, number>>, name: (type: number) => string): Row[] {
  return Object.entries(counts).map(([type, count]) => [type, name(Number(type)), String(count)]);
}

function byUuid(userData: readonly UserDataItem[]): Row[] {
  const groups = new Map<string, { count: number; bytes: number }>();
  for (const { uuid, bytes } of userData) {
    const group = groups.get(uuid) ?? { count: 0, bytes: 0 };
    groups.set(uuid, { count: group.count + 1, bytes: group.bytes + bytes });
  }
  return [...groups].map(([uuid, { count, bytes }]) => [
    uuid,
    plain(userDataOwner(uuid)),
    String(count),
    String(bytes),
  ]);
}

/** A table whose columns of numbers stand right. */
function section(title: string, head: Row, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const widths = head.map((cell, column) =>
    rows.reduce((width, row) => Math.max(width, (row[column] ?? "").length), cell.length),
  );
  const isNumber = head.map((_, column) => rows.every((row) => /^\d+$/.test(row[column] ?? "")));
  const line = (row: Row): string =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [styleText("bold", title), styleText("dim", `  ${line(head)}`), ...rows.map((row) => `  ${line(row)}`)].join(
    "\n",
  );
}

function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return `${styleText("bold", "Findings")}\n  ${styleText("green", "none")}`;
  const clauses = groupedBy(findings, ({ clause = "" }) => clause);
  const lines = [styleText("bold", "Findings")];
  for (const [clause, found] of [...clauses].sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`  ${clause === "" ? "The input" : plain(clause)}`);
    const rules = groupedBy(found, ({ rule }) => rule);
    for (const group of rules.values()) {
      for (const finding of group.slice(0, shownOfOneRule)) lines.push(`    ${findingLine(finding)}`);
      if (group.length > shownOfOneRule) {
        lines.push(styleText("dim", `    ... and ${group.length - shownOfOneRule} more; --json lists them`));
      }
    }
  }
  return lines.join("\n");
}

function groupedBy(findings: readonly Finding[], key: (finding: Finding) => string): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(key(finding));
    if (group === undefined) groups.set(key(finding), [finding]);
    else group.push(finding);
  }
  return groups;
}

function findingLine({ rule, severity, message, accessUnit, nalUnit, sample, packet, offset }: Finding): string {
  const place = Object.entries({ "access unit": accessUnit, "NAL unit": nalUnit, sample, packet, byte: offset })
    .filter(([, index]) => index !== undefined)
    .map(([name, index]) => `${name} ${index}`)
    .join(", ");
  const mark = severity === "error" ? styleText("red", "error  ") : styleText("yellow", "warning");
  return `${mark}  ${plain(rule)}: ${plain(message)}${place === "" ? "" : styleText("dim", `  (${place})`)}`;
}
