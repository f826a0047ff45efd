import { Sender } from "@inband/rig/sender";
import type { SeiSink } from "@inband/stream";
import { expect, it } from "vitest";
import type { ForwardedTrack } from "../src/server/forwarding/forwarded-track.ts";
import { MessagePort, type PortEntry } from "../src/server/forwarding/message-port.ts";

it("tells its readers at its end of what came last, and has not waited for its picture to pass", () => {
  const sinks: SeiSink[] = [];
  const track: Pick<ForwardedTrack, "readMessages" | "requestKeyFrame"> = {
    requestKeyFrame() {},
    readMessages(sink) {
      sinks.push(sink);
      return () => {};
    },
  };
  const port = new MessagePort(track as ForwardedTrack);
  const entries: (PortEntry | undefined)[] = [];
  port.read((entry) => entries.push(entry));
  for (const message of new Sender().message("good-bye")) sinks[0]?.userData(message, { stream: "video" });
  port.close();
  expect(entries.map((entry) => entry && JSON.parse(entry.data).value)).toEqual(["good-bye", undefined]);
});
