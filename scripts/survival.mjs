import { findChromium } from "./chromium.mjs";
import { installDebian } from "./debian.mjs";
import { installMediasoup, mediasoupPackages } from "./mediasoup.mjs";
import { run } from "./task.mjs";

/** Boxes that Debian has. The report says of each that is not there why. */
const packages = [
  "ffmpeg",
  "gir1.2-gst-rtsp-server-1.0",
  "gstreamer1.0-libav",
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-plugins-ugly",
  "gstreamer1.0-tools",
  "janus",
  "libnginx-mod-rtmp",
  "mkvtoolnix",
  "nginx-light",
  "python3-gi",
  "srt-tools",
  "vlc-bin",
  "vlc-plugin-base",
  ...mediasoupPackages,
];
const reason = installDebian(findChromium() ? packages : ["chromium", ...packages]);
if (reason) console.error(`Not every box is installed: ${reason}.`);
else await installMediasoup().catch((error) => console.error(`${error.message}: mediasoup is unavailable.`));

/** Boxes mostly wait; players, which show how smoothly they play, come one after the other all the same. */
const besideEachOther = ["--maxConcurrency", "3"];
const tests = ["run", "--project", "whole", ...besideEachOther, "test/survival", ...process.argv.slice(2)];
process.exitCode = await run("vitest", tests, { env: { INBAND_SURVIVAL: "whole" } });
