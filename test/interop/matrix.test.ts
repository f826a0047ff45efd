import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { afterAll, expect, it } from "vitest";
import { type CellResult, expectWholeCells, isWhole, runCells } from "./cells.ts";
import type { Receiver, Sender, StageAccess } from "./ends.ts";
import { aiortcReceiver } from "./receivers/aiortc.ts";
import { chromiumReceiver } from "./receivers/chromium.ts";
import { firefoxReceiver } from "./receivers/firefox.ts";
import { gstreamerReceiver } from "./receivers/gstreamer.ts";
import { httpReceiver } from "./receivers/http.ts";
import { ivsSdkReceiver } from "./receivers/ivs-sdk.ts";
import { nodeDataChannelReceiver } from "./receivers/node-datachannel.ts";
import { weriftReceiver } from "./receivers/werift.ts";
import { wrtcReceiver } from "./receivers/wrtc.ts";
import { cellHead, cellRow, writeReportPart } from "./report.ts";
import { aiortcSender } from "./senders/aiortc.ts";
import { chromiumSender, twoLayers } from "./senders/chromium.ts";
import { ffmpegWhipSender } from "./senders/ffmpeg-whip.ts";
import { gstreamerRtpSender, gstreamerWhipSender } from "./senders/gstreamer.ts";
import { ivsSdkSender } from "./senders/ivs-sdk.ts";
import { nodeDataChannelSender } from "./senders/node-datachannel.ts";
import { weriftSender } from "./senders/werift.ts";

const simulcastSdk = ivsSdkSender({ isHttpOnly: true, hasSimulcast: true });
const senders: readonly Sender[] = [
  weriftSender,
  nodeDataChannelSender,
  chromiumSender(),
  chromiumSender(twoLayers),
  ivsSdkSender({ isHttpOnly: true }),
  ivsSdkSender({ isHttpOnly: false }),
  simulcastSdk,
  ffmpegWhipSender,
  aiortcSender("clean"),
  aiortcSender("stages_sei"),
  gstreamerWhipSender,
  gstreamerRtpSender,
];
const ours: readonly Receiver[] = [weriftReceiver, nodeDataChannelReceiver, chromiumReceiver];
const receivers: readonly Receiver[] = [
  ...ours,
  ivsSdkReceiver,
  httpReceiver,
  aiortcReceiver,
  gstreamerReceiver,
  wrtcReceiver,
  firefoxReceiver,
];

/** In `npm test` everybody meets ours, and the first sender meets everybody. */
function receiversFor(sender: Sender): readonly Receiver[] {
  return isWhole || sender === senders[0] ? receivers : ours;
}

const results: CellResult[] = [];

it.for(senders)("$name reaches every receiver through the stage, byte for byte", async (sender, { skip }) => {
  if (sender.unavailable) skip(sender.unavailable);
  // Each of its messages rides on two pictures, which a browser on a busy machine may drop: test/interop/ivs has the scene.
  if (sender === simulcastSdk && !isWhole) skip("its long form is npm run test:interop");
  const { stage, url } = await servedStage();
  const access: StageAccess = { url, token: (participantId) => stage.createToken({ url, participantId }) };
  const running = await sender.start(access, "sender");
  await expect.poll(() => stage.participants()[0]?.isPublishing, { timeout: hangMs }).toBe(true);
  const able = receiversFor(sender).filter(
    ({ isIvsOnly, unavailable }) => !unavailable && !(isIvsOnly && sender.isPosted),
  );
  const columns = able.map((receiver, index) => ({
    receiver,
    spoiled: receiver.isChromium ? sender.spoilsInChromium : undefined,
    start: (tally: Parameters<Receiver["start"]>[3]) => receiver.start(access, "sender", `receiver-${index}`, tally),
  }));
  const cells = await runCells({ name: sender.name, running }, columns);
  results.push(...cells);
  expectWholeCells(cells);
});

it.for(receivers.filter(({ unavailable }) => unavailable))("$name receives", ({ unavailable }, { skip }) => {
  skip(unavailable);
});

afterAll(() => {
  writeReportPart("stage", {
    heading: "Through the stage",
    text: "Messages that are posted to the stage, into video that knows none, travel in envelopes of inband, which peers that read the messages of Amazon IVS alone do not get. The Amazon IVS SDK sends each message on two frames here, and names no picture when it sends or receives. Of simulcast each layer has a clock of its own.",
    head: cellHead,
    rows: results.map(cellRow),
    peers: [...senders, ...receivers],
  });
});
