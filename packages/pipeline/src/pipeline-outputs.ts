import type { AccessUnit } from "@inband/h264";
import { type AccessUnitOutput, type OutputStats, UrlOutput } from "./pipeline-output.ts";
import { checkOutput } from "./sei-pipeline-options.ts";

/** What the outputs of a pipeline tell, and ask for. */
export interface PipelineOutputsOwner {
  connected(name: string): void;
  failed(error: Error, name: string): void;
  requestKeyFrame(): void;
}

/** The outputs of one encoding, by name. None waits for another, and one that fails stops none. */
export class PipelineOutputs {
  readonly #owner: PipelineOutputsOwner;
  readonly #outputs = new Map<string, AccessUnitOutput>();

  constructor(owner: PipelineOutputsOwner) {
    this.#owner = owner;
  }

  /** @throws TypeError for a name that is taken, or an address that `openSink` does not know. */
  add(name: string, output: string | AccessUnitOutput): void {
    checkOutput(name, output);
    if (this.#outputs.has(name)) throw new TypeError(`outputs.${name}: there is one of this name`);
    const { connected, failed, requestKeyFrame } = this.#owner;
    if (typeof output === "string") {
      const events = { connected: () => connected(name), failed: (error: Error) => failed(error, name) };
      this.#outputs.set(name, new UrlOutput(output, requestKeyFrame, events));
    } else {
      this.#outputs.set(name, output);
      requestKeyFrame();
    }
  }

  write(accessUnit: AccessUnit): void {
    for (const [name, output] of this.#outputs) {
      try {
        output.write(accessUnit);
      } catch (error) {
        this.#owner.failed(error as Error, name);
      }
    }
  }

  /** Of those that have an address. */
  stats(): Readonly<Record<string, OutputStats>> {
    const stats: Record<string, OutputStats> = {};
    for (const [name, output] of this.#outputs) if (output instanceof UrlOutput) stats[name] = output.stats();
    return stats;
  }

  /** Takes an output away; one that has an address is ended in order. Never rejects. */
  async remove(name: string): Promise<void> {
    const output = this.#outputs.get(name);
    this.#outputs.delete(name);
    if (output instanceof UrlOutput) await output.close();
  }

  /** Takes all away. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#outputs.keys()].map((name) => this.remove(name)));
  }
}
