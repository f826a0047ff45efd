/**
 * Fails on a source file of more than 300 lines, on a median above 70, and on files that import each other in a circle,
 * types included.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

const maxLines = 300;
const maxMedianLines = 70;

const root = resolve(import.meta.dirname, "..");
const files = globSync("packages/*/src/**/*.ts", { cwd: root }).filter((file) => !file.includes("/generated/"));
const texts = new Map(files.map((file) => [normalize(file), readFileSync(join(root, file), "utf8")]));
const findings: string[] = [];

const lines = [...texts].map(([file, text]) => ({ file, count: text.split("\n").length - 1 }));
for (const { file, count } of lines) if (count > maxLines) findings.push(`${file}: ${count} lines`);
const counts = lines.map(({ count }) => count).sort((a, b) => a - b);
const median = counts[counts.length >> 1] ?? 0;
if (median > maxMedianLines) findings.push(`the median of the source files is ${median} lines`);

const imports = new Map(
  [...texts].map(([file, text]) => {
    const specifiers = [...text.matchAll(/\bfrom "(\.[^"]+)"/g), ...text.matchAll(/^import "(\.[^"]+)"/gm)];
    return [file, specifiers.map(([, specifier]) => join(dirname(file), specifier as string))];
  }),
);
const done = new Set<string>();
for (const file of imports.keys()) visit(file, []);

for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;
else console.log(`${files.length} source files, median ${median} lines, at most ${counts.at(-1)}, no circle`);

function visit(file: string, path: readonly string[]): void {
  const at = path.indexOf(file);
  if (at >= 0) findings.push(`a circle of imports: ${[...path.slice(at), file].join(" -> ")}`);
  if (at >= 0 || done.has(file)) return;
  for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
  done.add(file);
}
