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

const style = `
  svg { background: #ffffff; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
  text { fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; }
  .one { stroke: #cf222e; fill: #cf222e; } .three { stroke: #bc4c00; fill: #bc4c00; }
  .five { stroke: #8250df; fill: #8250df; } .default { stroke: #0969da; fill: #0969da; }
  .line { fill: none; } text.key { stroke: none; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .one { stroke: #ff7b72; fill: #ff7b72; } .three { stroke: #f0883e; fill: #f0883e; }
    .five { stroke: #bc8cff; fill: #bc8cff; } .default { stroke: #58a6ff; fill: #58a6ff; }
    .line { fill: none; }
  }
`;

/** The share of lost messages over the share of lost packets, for light and dark pages. */
export function chart(title: string, rates: readonly number[], panels: readonly Panel[]): string {
  const parts: string[] = [];
  for (const [at, panel] of panels.entries()) parts.push(...drawPanel(lefts[at] ?? 0, rates, panel, at === 0));
  for (const [index, { name }] of (panels[0]?.lines ?? []).entries()) {
    const x = 76 + index * 130;
    const kind = kinds[index] ?? "one";
    parts.push(`<line class="line ${kind}" x1="${x}" y1="${height - 26}" x2="${x + 24}" y2="${height - 26}"/>`);
    parts.push(text(x + 32, height - 22, name, "small", "start"));
  }
  const description = panels
    .flatMap((panel) =>
      panel.lines.map(({ name, lost }) => `${panel.title}, ${name}: ${lost.map(shareText).join(", ")}`),
    )
    .join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${title}</title>
<desc id="description">Lost at ${rates.map(shareText).join(", ")} of packets lost. ${description}.</desc>
<style>${style}</style>
${text(24, 32, title, "title", "start")}
${text(24, 54, "Share of messages that never came, logarithmic, to a receiver in Node without NACK. Lower is better.", "small quiet", "start")}
${parts.join("\n")}
</svg>
`;
}

function drawPanel(left: number, rates: readonly number[], { title, lines }: Panel, hasScale: boolean): string[] {
  const parts = [text(left + panelWidth / 2, top - 16, title, "small", "middle")];
  const y = (share: number): number =>
    share === 0
      ? bottom
      : bottom - ((bottom - top) * (decades + Math.max(-decades, Math.log10(share)))) / (decades + 0.4);
  const x = (at: number): number => left + 24 + ((panelWidth - 48) * at) / Math.max(1, rates.length - 1);
  for (let power = 0; power <= decades; power += 1) {
    const at = round(y(10 ** -power));
    parts.push(`<line class="grid" x1="${left}" y1="${at}" x2="${left + panelWidth}" y2="${at}"/>`);
    const label = power === decades ? "none" : shareText(10 ** -power);
    if (hasScale) parts.push(text(left - 8, at + 4, label, "small quiet", "end"));
  }
  for (const [at, rate] of rates.entries())
    parts.push(text(x(at), bottom + 20, shareText(rate), "small quiet", "middle"));
  parts.push(text(left + panelWidth / 2, bottom + 40, "packets lost", "small quiet", "middle"));
  for (const [index, { lost }] of lines.entries()) {
    const kind = kinds[index] ?? "one";
    const points = lost.map((share, at) => [round(x(at)), round(y(share))] as const);
    parts.push(`<polyline class="line ${kind}" points="${points.map((point) => point.join(",")).join(" ")}"/>`);
    for (const [cx, cy] of points) parts.push(`<circle class="${kind}" cx="${cx}" cy="${cy}" r="3.5"/>`);
  }
  return parts;
}

function text(x: number, y: number, content: string, kind: string, anchor: string): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${content}</text>`;
}

function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
