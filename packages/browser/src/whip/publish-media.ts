import type { Connection } from "@inband/stage-protocol";
import { browserCarrier } from "../browser-carrier.ts";
import { preferH264 } from "../prefer-h264.ts";
import { attachOpen } from "./attach-open.ts";
import type { PublishedMedia } from "./published-media.ts";
import { connectToStage, type PageTarget } from "./stage-connection.ts";
import { connectWhip } from "./whip.ts";

/** Publishes what a page has in a connection of its own, with the messages of its publishers in it. */
export function publishMedia(media: PublishedMedia, target: PageTarget): Promise<Connection> {
  const { video, audio, publishers, sendEncodings } = media;
  return connectToStage(connectWhip, target, (connection) => {
    const streams = [new MediaStream(audio ? [video, audio] : [video])];
    const direction = "sendonly";
    const transceiver = connection.addTransceiver(video, { direction, streams, sendEncodings: [...sendEncodings] });
    preferH264(transceiver);
    if (audio) connection.addTransceiver(audio, { direction, streams });
    const carrier = browserCarrier(transceiver.sender);
    const attachments = publishers.map((publisher) => attachOpen(() => publisher.attach(carrier)));
    return () => {
      for (const attachment of attachments) attachment?.[Symbol.dispose]();
    };
  });
}
