import type { Random } from "@inband/rig/random";
import { freePort, type StartedProgram, startProgram } from "@inband/rig/started-program";
import { commandOf, type Deed, type Hop, type Link, linksOf, listenerUrl, senderUrl } from "./hop.ts";

/** Processes that hand a stream on, each to the next. */
export interface Chain extends AsyncDisposable {
  /** Where the stream goes in. */
  readonly to: string;
  /** Where it comes out. */
  readonly end: string;
}

/** What a chain is made of. */
export interface ChainPlan {
  readonly hops: readonly Hop[];
  /** How the last hop hands on: over a link that the end listens on, or into a file. */
  readonly out: Link | "ts" | "mkv" | "flv";
}

/** A chain with one planted hop, behind, before or between none to two that only copy. */
export function randomPlan(random: Random, planted: Deed): ChainPlan {
  const before = random.integer(0, 1);
  const behind = random.integer(0, 1);
  const deeds: Deed[] = [...Array<Deed>(before).fill("copy"), planted, ...Array<Deed>(behind).fill("copy")];
  return {
    hops: deeds.map((deed) => ({ deed, link: random.pick(linksOf(deed)) })),
    out: random.pick(["tcp", "srt", "ts", "mkv", "flv"] as const),
  };
}

/** What a plan is, in a line. */
export function planText({ hops, out }: ChainPlan): string {
  return [...hops.map(({ deed, link }) => `${link} > ${deed}`), out].join(" > ");
}

/** Starts the processes of a chain, the last one first. */
export async function startChain({ hops, out }: ChainPlan, file: (name: string) => string): Promise<Chain> {
  const outPort = await freePort();
  const isLink = out === "tcp" || out === "srt";
  let to = isLink ? senderUrl(out, outPort) : file(`out.${out}`);
  const end = isLink ? listenerUrl(out, outPort) : to;
  const programs: StartedProgram[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs) await program.stop("SIGKILL");
  };
  try {
    for (const hop of hops.toReversed()) {
      const port = await freePort();
      const started = startProgram(...commandOf(hop, port, to));
      programs.push(started);
      await (hop.link === "srt" ? started.bindsUdp(port) : started.bindsTcp(port));
      to = senderUrl(hop.link, port);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { to, end, [Symbol.asyncDispose]: stop };
}
