import { spawnSync } from "node:child_process";
import { isInstalled, runProgram } from "@inband/rig/program";

function hasElements(...names: string[]): boolean {
  return names.every((name) => spawnSync("gst-inspect-1.0", ["--exists", name]).status === 0);
}

/** The program and the elements that the functions here use, by whether they are installed. */
export const gstreamerPrograms: Readonly<Record<string, boolean>> = {
  "gst-launch-1.0": isInstalled("gst-launch-1.0", "--version"),
  rtph264pay: hasElements("rtph264pay", "rtpstreampay"),
  h264parse: hasElements("h264parse"),
};

/** Values of the property aggregate-mode of rtph264pay. */
export const aggregateModes = ["none", "zero-latency", "max-stap"] as const;

async function launch(...elements: readonly (readonly string[])[]): Promise<void> {
  await runProgram("gst-launch-1.0", [
    "-q",
    ...elements.flatMap((element, index) => (index ? ["!", ...element] : element)),
  ]);
}

const rtpStream = "application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=H264,payload=96";
const byteStream = "video/x-h264,stream-format=byte-stream,alignment=au";

/** Byte stream -> RTP packets of rtph264pay, framed as RFC 4571 says. */
export async function gstreamerPay(source: string, target: string, mode: string, mtu: number): Promise<void> {
  await launch(
    ["filesrc", `location=${source}`],
    ["h264parse"],
    [byteStream],
    ["rtph264pay", `aggregate-mode=${mode}`, `mtu=${mtu}`, "pt=96"],
    ["rtpstreampay"],
    ["filesink", `location=${target}`],
  );
}

/** RTP packets, framed as RFC 4571 says -> byte stream by rtph264depay and h264parse. */
export async function gstreamerDepay(source: string, target: string): Promise<void> {
  await launch(
    ["filesrc", `location=${source}`],
    [rtpStream],
    ["rtpstreamdepay"],
    ["rtph264depay"],
    ["h264parse"],
    [byteStream],
    ["filesink", `location=${target}`],
  );
}
