import { svgChart, svgGridLine, svgText, tenths } from "@inband/rig/svg";
import { colours } from "./chart.ts";
import { number } from "./number.ts";
import type { FanOut } from "./row.ts";

export const fanOutTitle = "CPU time of the sender for one packet to one subscriber";

const width = 820;
const height = 400;
const plot = { left: 76, right: 590, top: 84, bottom: 322 } as const;
const barWidth = 34;
const bars = [
  { name: "inband over werift", kind: "first", opacity: 1, us: ({ werift }: FanOut) => werift.packet.ours },
  { name: "werift alone", kind: "first", opacity: 0.45, us: ({ werift }: FanOut) => werift.packet.plain },
  { name: "inband over node-datachannel", kind: "inband", opacity: 1, us: ({ native }: FanOut) => native.packet.ours },
  { name: "node-datachannel alone", kind: "inband", opacity: 0.45, us: ({ native }: FanOut) => native.packet.plain },
] as const;

/** A bar chart of the fan-out. */
export function fanOutChart(fanOut: readonly FanOut[], machine: string): string {
  const most = Math.max(...fanOut.flatMap((one) => bars.map(({ us }) => us(one))));
  const step = most > 50 ? 20 : 10;
  const high = Math.ceil(most / step) * step;
  const y = (us: number): number => tenths(plot.bottom - ((plot.bottom - plot.top) * us) / high);
  const elements: string[] = [];
  for (let us = 0; us <= high; us += step) {
    elements.push(svgGridLine(plot.left, plot.right, y(us)));
    elements.push(svgText(plot.left - 8, y(us) + 4, `${us} us`, "small quiet", "end"));
  }
  const groupWidth = (plot.right - plot.left) / fanOut.length;
  for (const [group, one] of fanOut.entries()) {
    const middle = plot.left + groupWidth * (group + 0.5);
    for (const [index, { kind, opacity, us }] of bars.entries()) {
      const x = tenths(middle + (index - bars.length / 2) * barWidth);
      const top = y(us(one));
      elements.push(
        `<rect class="${kind}" x="${x + 2}" y="${top}" width="${barWidth - 4}" height="${tenths(plot.bottom - top)}" opacity="${opacity}"/>`,
        svgText(x + barWidth / 2, top - 5, number(us(one)), "small", "middle"),
      );
    }
    elements.push(svgText(middle, plot.bottom + 20, `${one.werift.subscribers} subscribers`, "small quiet", "middle"));
  }
  for (const [index, { name, kind, opacity }] of bars.entries()) {
    const top = plot.top + 24 * index;
    elements.push(
      `<rect class="${kind}" x="${plot.right + 14}" y="${top}" width="14" height="14" opacity="${opacity}"/>`,
      svgText(plot.right + 36, top + 12, name, "small", "start"),
    );
  }
  const description = fanOut
    .map(
      (one) => `${one.werift.subscribers}: ${bars.map(({ name, us }) => `${name} ${number(us(one))} us`).join(", ")}`,
    )
    .join(". ");
  const subtitle = "2 Mbit/s with a message in each picture, beside the same stream without messages. Lower is better.";
  return svgChart({ width, height, title: fanOutTitle, subtitle, description, note: machine, colours, elements });
}
