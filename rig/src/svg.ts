/** A colour on light pages and its counterpart on dark ones. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

/** A chart with everything that is drawn in it. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** One line beneath the title. */
  readonly subtitle: string;
  /** The figures in words, for screen readers. */
  readonly description: string;
  /** What the figures are about, at the bottom. @defaultValue nothing */
  readonly note?: string;
  /** The colours of the classes that lines, circles, bars and texts have. */
  readonly colours: Readonly<Record<string, Colour>>;
  /** The elements, from {@link svgText} and by hand. */
  readonly elements: readonly string[];
}

/** Where the title and the note begin. */
const left = 24;
const ink: Colour = { light: "#1f2328", dark: "#f0f6fc" };
const quiet: Colour = { light: "#59636e", dark: "#9198a1" };
const rule: Colour = { light: "#d1d9e0", dark: "#3d444d" };
const paper: Colour = { light: "#ffffff", dark: "#0d1117" };

/** A chart as SVG, for light and dark pages. */
export function svgChart({ width, height, title, subtitle, description, note, colours, elements }: Chart): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeXml(title)}</title>
<desc id="description">${escapeXml(description)}</desc>
<style>${style(colours)}</style>
${svgText(left, 32, title, "title", "start")}
${svgText(left, 54, subtitle, "small quiet", "start")}
${elements.join("\n")}
${note === undefined ? "" : `${svgText(left, height - 10, note, "small quiet", "start")}\n`}</svg>
`;
}

/** Text at a place; `kind` names its classes. */
export function svgText(
  x: number,
  y: number,
  content: string,
  kind: string,
  anchor: "start" | "middle" | "end",
): string {
  return `<text x="${tenths(x)}" y="${tenths(y)}" class="${kind}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

/** A line of the grid from one side to the other. */
export function svgGridLine(left: number, right: number, y: number): string {
  return `<line class="grid" x1="${left}" y1="${y}" x2="${right}" y2="${y}"/>`;
}

/** A polyline through points, in the colour of a class, with a dot at each. */
export function svgLine(kind: string, points: readonly (readonly [x: number, y: number])[]): string[] {
  return [
    `<polyline class="line ${kind}" points="${points.map((point) => point.join(",")).join(" ")}"/>`,
    ...points.map(([x, y]) => `<circle class="${kind}" cx="${x}" cy="${y}" r="3.5"/>`),
  ];
}

/** A coordinate as finely as it is drawn. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function style(colours: Readonly<Record<string, Colour>>): string {
  const paint = (shade: keyof Colour): string =>
    [
      `svg { background: ${paper[shade]}; }`,
      `text { fill: ${ink[shade]}; }`,
      `.quiet { fill: ${quiet[shade]}; }`,
      `.grid { stroke: ${rule[shade]}; }`,
      ...Object.entries(colours).flatMap(([kind, colour]) => [
        `.line.${kind} { stroke: ${colour[shade]}; }`,
        `circle.${kind}, rect.${kind}, text.${kind} { fill: ${colour[shade]}; }`,
      ]),
    ].join("\n  ");
  return `
  svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; }
  .grid { stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; }
  ${paint("light")}
  @media (prefers-color-scheme: dark) {
  ${paint("dark")}
  }
`;
}

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
