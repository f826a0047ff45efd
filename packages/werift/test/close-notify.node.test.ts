import { RecordingSink } from "@inband/rig/recording-sink";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { sendCloseNotify, weriftFeed } from "@inband/werift";
import { expect, it } from "vitest";

it("tells a peer of the end, right before the connection is closed", async () => {
  const [sending, { pc, transceiver }] = [peer(), receiver()];
  sending.addTransceiver("video", { direction: "sendonly" });
  const sink = new RecordingSink();
  weriftFeed(transceiver).open(sink);
  await negotiate(sending, pc);
  await until(() => sending.connectionState === "connected" && pc.connectionState === "connected");
  await sendCloseNotify(sending);
  await sending.close();
  await until(() => sink.life.length > 0);
  expect(sink.life).toEqual(["ended: connection-closed"]);
  // Without the alert it would have been ICE that ends the connection, half a minute later.
  expect(pc.iceConnectionState).toBe("connected");
});
