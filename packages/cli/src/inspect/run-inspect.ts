import { inspect } from "@inband/media/inspect";
import { print } from "../output.ts";
import { jsonLine } from "../plain-text.ts";
import { Progress } from "./progress.ts";
import { reportText } from "./report-text.ts";

/** What `inband inspect` takes. */
export interface RunInspectOptions {
  /** A file or a URL. */
  readonly input: string;
  readonly json: boolean;
  readonly lint: boolean;
  /** Ends reading; what has been read is printed. */
  readonly signal: AbortSignal;
}

/** Prints what is in a file or URL, with a progress bar meanwhile; `hasErrors` says whether a finding is an error. */
export async function runInspect({
  input,
  json,
  lint,
  signal,
}: RunInspectOptions): Promise<{ readonly hasErrors: boolean }> {
  let progress: Progress | undefined;
  try {
    const report = await inspect(input, {
      lint,
      signal,
      opened: (reading) => {
        progress = new Progress(reading.sizeBytes, () => reading.readBytes);
      },
    });
    progress?.[Symbol.dispose]();
    print(json ? jsonLine(report) : reportText(input, report));
    return { hasErrors: report.findings.some(({ severity }) => severity === "error") };
  } finally {
    progress?.[Symbol.dispose]();
  }
}
