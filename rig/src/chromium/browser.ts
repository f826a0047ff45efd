import { type Browser, chromium } from "playwright";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";

/** Starts the installed Chromium, with its own moving picture for a camera. The caller closes it. */
export function launchChromium(): Promise<Browser> {
  const camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  return chromium.launch({ executablePath: findChromium() ?? "chromium", args: [...chromiumArguments, ...camera] });
}
