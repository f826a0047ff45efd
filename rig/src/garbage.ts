import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees at once what is unreachable; twice, as the next collection frees what the first one finalizes. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
}
