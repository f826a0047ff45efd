import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees what is not reachable, at once; twice, as what the first collection finalizes is freed by the next. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
}
