import { type Colour, svgChart, svgGridLine, svgLine, svgText, tenths } from "@inband/rig/svg";
import type { Sweep } from "./row.ts";

const width = 820;
const height = 450;
const plot = { left: 76, right: 560, top: 84, bottom: 372 } as const;
/** Between the ends of the grid and the first and last points, for their figures. */
const inset = 32;
const classes = ["inband", "first", "second"] as const;

/** The colours of inband and of what is measured beside it. */
export const colours: Readonly<Record<(typeof classes)[number], Colour>> = {
  inband: { light: "#0969da", dark: "#58a6ff" },
  first: { light: "#bc4c00", dark: "#f0883e" },
  second: { light: "#8250df", dark: "#bc8cff" },
};

/** A chart of the sweep, both axes logarithmic. */
export function chart(title: string, { bytes, contenders }: Sweep, machine: string): string {
  const every = contenders.flatMap(({ us }) => us);
  const low = Math.floor(Math.log10(Math.min(...every)));
  const high = Math.ceil(Math.log10(Math.max(...every)));
  const [first = 1, last = 1] = [bytes[0], bytes.at(-1)];
  const x = (value: number) =>
    tenths(
      plot.left + inset + ((plot.right - plot.left - 2 * inset) * Math.log(value / first)) / Math.log(last / first),
    );
  const y = (us: number) => tenths(plot.bottom - ((plot.bottom - plot.top) * (Math.log10(us) - low)) / (high - low));
  const elements: string[] = [];
  for (let power = low; power <= high; power += 1) {
    const at = y(10 ** power);
    elements.push(svgGridLine(plot.left, plot.right, at));
    elements.push(svgText(plot.left - 8, at + 4, duration(10 ** power), "small quiet", "end"));
  }
  for (const size of bytes) elements.push(svgText(x(size), plot.bottom + 20, sizeText(size), "small quiet", "middle"));
  elements.push(svgText((plot.left + plot.right) / 2, plot.bottom + 42, "frame size", "small quiet", "middle"));
  for (const [index, { name, us }] of contenders.entries()) {
    const kind = classes[index] ?? "second";
    const points = us.map((value, at) => [x(bytes[at] ?? first), y(value)] as const);
    elements.push(...svgLine(kind, points));
    for (const [at, [px, py]] of points.entries()) {
      elements.push(svgText(px, py - 9, duration(us[at] ?? 0), `small ${kind}`, "middle"));
    }
    const [, endY = 0] = points.at(-1) ?? [];
    elements.push(svgText(plot.right + 12, endY + 4, name, kind, "start"));
  }
  const description = contenders
    .map(
      ({ name, us }) =>
        `${name}: ${us.map((value, at) => `${duration(value)} at ${sizeText(bytes[at] ?? 0)}`).join(", ")}`,
    )
    .join(". ");
  const subtitle = "Time for one frame, median, both axes logarithmic. Lower is better.";
  return svgChart({ width, height, title, subtitle, description, note: machine, colours, elements });
}

function duration(us: number): string {
  const [value, unit] = us >= 1000 ? [us / 1000, "ms"] : us >= 1 ? [us, "us"] : [us * 1000, "ns"];
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${unit}`;
}

function sizeText(bytes: number): string {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1000} KB`;
}
