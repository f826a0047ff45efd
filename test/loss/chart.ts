import { type Colour, svgChart, svgGridLine, svgLine, svgText, tenths } from "@inband/rig/svg";

/** One way to repeat messages: the share that was lost at each rate of loss. */
export interface Line {
  readonly name: string;
  readonly lost: readonly number[];
}

/** One half of the chart. */
export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const width = 780;
const height = 420;
const top = 96;
const bottom = 336;
const panelWidth = 300;
const lefts = [76, 452] as const;
/** From all down to one in 100 000; below it nothing was lost. */
const decades = 5;
const kinds = ["one", "three", "five", "default"] as const;
const colours: Readonly<Record<(typeof kinds)[number], Colour>> = {
  one: { light: "#cf222e", dark: "#ff7b72" },
  three: { light: "#bc4c00", dark: "#f0883e" },
  five: { light: "#8250df", dark: "#bc8cff" },
  default: { light: "#0969da", dark: "#58a6ff" },
};

/** The share of lost messages over the share of lost packets. */
export function chart(title: string, rates: readonly number[], panels: readonly Panel[]): string {
  const elements: string[] = [];
  for (const [at, panel] of panels.entries()) elements.push(...drawPanel(lefts[at] ?? 0, rates, panel, at === 0));
  for (const [index, { name }] of (panels[0]?.lines ?? []).entries()) {
    const x = 76 + index * 130;
    const kind = kinds[index] ?? "one";
    elements.push(`<line class="line ${kind}" x1="${x}" y1="${height - 26}" x2="${x + 24}" y2="${height - 26}"/>`);
    elements.push(svgText(x + 32, height - 22, name, "small", "start"));
  }
  const description = panels
    .flatMap((panel) =>
      panel.lines.map(({ name, lost }) => `${panel.title}, ${name}: ${lost.map(shareText).join(", ")}`),
    )
    .join(". ");
  const subtitle =
    "Share of messages that never came, logarithmic, to a receiver in Node without NACK. Lower is better.";
  const said = `Lost at ${rates.map(shareText).join(", ")} of packets lost. ${description}.`;
  return svgChart({ width, height, title, subtitle, description: said, colours, elements });
}

function drawPanel(left: number, rates: readonly number[], { title, lines }: Panel, hasScale: boolean): string[] {
  const elements = [svgText(left + panelWidth / 2, top - 16, title, "small", "middle")];
  const y = (share: number): number =>
    share === 0
      ? bottom
      : bottom - ((bottom - top) * (decades + Math.max(-decades, Math.log10(share)))) / (decades + 0.4);
  const x = (at: number): number => left + 24 + ((panelWidth - 48) * at) / Math.max(1, rates.length - 1);
  for (let power = 0; power <= decades; power += 1) {
    const at = tenths(y(10 ** -power));
    elements.push(svgGridLine(left, left + panelWidth, at));
    const label = power === decades ? "none" : shareText(10 ** -power);
    if (hasScale) elements.push(svgText(left - 8, at + 4, label, "small quiet", "end"));
  }
  for (const [at, rate] of rates.entries())
    elements.push(svgText(x(at), bottom + 20, shareText(rate), "small quiet", "middle"));
  elements.push(svgText(left + panelWidth / 2, bottom + 40, "packets lost", "small quiet", "middle"));
  for (const [index, { lost }] of lines.entries()) {
    const kind = kinds[index] ?? "one";
    const points = lost.map((share, at) => [tenths(x(at)), tenths(y(share))] as const);
    elements.push(...svgLine(kind, points));
  }
  return elements;
}

function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
