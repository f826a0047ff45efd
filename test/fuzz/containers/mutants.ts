import { Random, seedOf } from "@inband/rig/random";
import { mutateContainer } from "./mutate-container.ts";
import type { SeedContainer } from "./seed-containers.ts";

/** The mutated container of a number: the same for the same seed and seed files. Each kind comes as often. */
export function mutantOf(seeds: readonly SeedContainer[], seed: number, index: number): SeedContainer {
  const random = new Random(seedOf("container", seed, index));
  const kinds = [...new Set(seeds.map(({ extension }) => extension))];
  const kind = kinds[index % kinds.length];
  const { extension, bytes } = random.pick(seeds.filter((container) => container.extension === kind));
  return { extension, bytes: mutateContainer(bytes, random) };
}
