import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { peer } from "@inband/rig/werift/test-peer";
import type { Page } from "playwright";
import { type RTCRtpTransceiver, useRepairedRtpStreamId, useSdesMid, useSdesRTPStreamId } from "werift";

/** Enough for every layer at once; Chromium begins with 300 kb/s, and adds a layer when it has measured room for it. */
const startKilobits = 2000;

/**
 * The camera of a Chromium on its way to a werift peer, with the messages of so many publishers, in the simulcast layers
 * that are named. Call `connect` when the transceiver is being read. Ends with the test.
 */
export async function receiveCamera(
  layers: readonly string[],
  publishers: number,
): Promise<{ page: Page; transceiver: RTCRtpTransceiver; connect(): Promise<void> }> {
  const page = await openPage(resolve(import.meta.dirname, "pages/camera.ts"));
  // Without transport-cc: each of werift's reports of arrival is up to 64 ms off, in which Chromium sees congestion and
  // takes the bitrate down to where the upper layer ends.
  const video = [useSdesMid(), useSdesRTPStreamId(), useRepairedRtpStreamId()];
  const pc = peer({ headerExtensions: { video, audio: [] } });
  const sdp = await page.evaluate(([layers, count]) => offerCamera(layers, count), [layers, publishers] as const);
  await pc.setRemoteDescription({ type: "offer", sdp });
  const [transceiver] = pc.getTransceivers() as [RTCRtpTransceiver];
  return {
    page,
    transceiver,
    async connect() {
      await pc.setLocalDescription(await pc.createAnswer());
      const answer = pc.localDescription?.sdp ?? "";
      const fast = answer.replace(/a=fmtp:\d+ (?!apt)/, `$&x-google-start-bitrate=${startKilobits};`);
      await page.evaluate((sdp) => takeAnswer(sdp), fast);
    },
  };
}
