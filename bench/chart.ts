import type { Sweep } from "./row.ts";

const width = 820;
const height = 450;
const plot = { left: 76, right: 560, top: 84, bottom: 372 } as const;
/** Between the ends of the grid and the first and last points, for their figures. */
const inset = 32;
const classes = ["inband", "first", "second"] as const;

/** For light and dark pages. */
export const style = `
  svg { background: #ffffff; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
  text { fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; }
  .inband { stroke: #0969da; } .first { stroke: #bc4c00; } .second { stroke: #8250df; }
  circle.inband { fill: #0969da; } circle.first { fill: #bc4c00; } circle.second { fill: #8250df; }
  text.inband { fill: #0969da; stroke: none; } text.first { fill: #bc4c00; stroke: none; }
  text.second { fill: #8250df; stroke: none; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .inband { stroke: #58a6ff; } .first { stroke: #f0883e; } .second { stroke: #bc8cff; }
    circle.inband { fill: #58a6ff; } circle.first { fill: #f0883e; } circle.second { fill: #bc8cff; }
    text.inband { fill: #58a6ff; } text.first { fill: #f0883e; } text.second { fill: #bc8cff; }
  }
`;

/** A chart of the sweep as SVG: both axes logarithmic, for light and dark pages. */
export function chart(title: string, { bytes, contenders }: Sweep, machine: string): string {
  const every = contenders.flatMap(({ us }) => us);
  const low = Math.floor(Math.log10(Math.min(...every)));
  const high = Math.ceil(Math.log10(Math.max(...every)));
  const [first = 1, last = 1] = [bytes[0], bytes.at(-1)];
  const x = (value: number) =>
    round(
      plot.left + inset + ((plot.right - plot.left - 2 * inset) * Math.log(value / first)) / Math.log(last / first),
    );
  const y = (us: number) => round(plot.bottom - ((plot.bottom - plot.top) * (Math.log10(us) - low)) / (high - low));
  const parts: string[] = [];
  for (let power = low; power <= high; power += 1) {
    const at = y(10 ** power);
    parts.push(`<line class="grid" x1="${plot.left}" y1="${at}" x2="${plot.right}" y2="${at}"/>`);
    parts.push(text(plot.left - 8, at + 4, duration(10 ** power), "small quiet", "end"));
  }
  for (const size of bytes) parts.push(text(x(size), plot.bottom + 20, sizeText(size), "small quiet", "middle"));
  parts.push(text((plot.left + plot.right) / 2, plot.bottom + 42, "frame size", "small quiet", "middle"));
  for (const [index, { name, us }] of contenders.entries()) {
    const kind = classes[index] ?? "second";
    const points = us.map((value, at) => [x(bytes[at] ?? first), y(value), value] as const);
    parts.push(`<polyline class="line ${kind}" points="${points.map(([px, py]) => `${px},${py}`).join(" ")}"/>`);
    for (const [px, py, value] of points) {
      parts.push(`<circle class="${kind}" cx="${px}" cy="${py}" r="3.5"/>`);
      parts.push(text(px, py - 9, duration(value), `small ${kind}`, "middle"));
    }
    const [, endY = 0] = points.at(-1) ?? [];
    parts.push(text(plot.right + 12, endY + 4, name, kind, "start"));
  }
  const description = contenders
    .map(
      ({ name, us }) =>
        `${name}: ${us.map((value, at) => `${duration(value)} at ${sizeText(bytes[at] ?? 0)}`).join(", ")}`,
    )
    .join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeXml(title)}</title>
<desc id="description">${escapeXml(description)}</desc>
<style>${style}</style>
${text(plot.left - 52, 32, title, "title", "start")}
${text(plot.left - 52, 54, "Time for one frame, median, both axes logarithmic. Lower is better.", "small quiet", "start")}
${parts.join("\n")}
${text(plot.left - 52, height - 10, machine, "small quiet", "start")}
</svg>
`;
}

/** Text at a place; `kind` names its classes. */
export function text(x: number, y: number, content: string, kind: string, anchor: string): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function duration(us: number): string {
  const [value, unit] = us >= 1000 ? [us / 1000, "ms"] : us >= 1 ? [us, "us"] : [us * 1000, "ns"];
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${unit}`;
}

function sizeText(bytes: number): string {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1000} KB`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
