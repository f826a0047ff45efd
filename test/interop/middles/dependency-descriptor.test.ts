import { servedStage } from "@inband/rig/stage/served-stage";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { afterAll, expect, it } from "vitest";
import { type CellResult, type Column, expectWholeCells, isWhole, runCells } from "../cells.ts";
import type { Peer, RunningSender } from "../ends.ts";
import { chromiumReceiver, type PageReceiver, receiveInChromium } from "../receivers/chromium.ts";
import { receiveOnWerift, type WeriftReceiver, weriftReceiver } from "../receivers/werift.ts";
import { writeReportPart } from "../report.ts";
import { sendFromWerift } from "../senders/werift.ts";
import { fromWerift, type MiddleReceivers, receiversOf } from "./ends-of-middle.ts";
import { janus } from "./janus.ts";
import { mediasoup } from "./mediasoup.ts";
import type { Middle } from "./middle.ts";

type Receivers = Omit<MiddleReceivers, "subscriptions">;

/** What lies between two peers of ours. */
interface Way extends Peer {
  start(
    dependencyDescriptor: boolean,
    onClose: (close: () => Promise<void>) => void,
  ): Promise<{ readonly running: RunningSender; readonly receivers: Receivers }>;
}

const stage: Way = {
  name: "the stage",
  version: undefined,
  async start(dependencyDescriptor) {
    const { stage, url } = await servedStage();
    const token = (participantId: string) => stage.createToken({ url, participantId });
    const sent = { url: `${url}/publish/sender`, token: await token("sender") };
    const running = await sendFromWerift((pc) => connectWhip(pc, sent), { dependencyDescriptor });
    await expect.poll(() => stage.participants()[0]?.isPublishing).toBe(true);
    const received = { url: `${url}/subscribe/sender`, token: await token("receiver") };
    let werift: WeriftReceiver | undefined;
    let page: PageReceiver | undefined;
    const columns: Column[] = [
      {
        receiver: weriftReceiver,
        async start(tally) {
          werift = await receiveOnWerift(tally, async (pc, read) => {
            read(pc.addTransceiver("video", { direction: "recvonly" }));
            return connectWhep(pc, received);
          });
          return werift;
        },
      },
      {
        receiver: chromiumReceiver,
        async start(tally) {
          page = await receiveInChromium(tally, (page) =>
            page.evaluate(({ url, token }) => receiveMessagesFrom(url, token), received),
          );
          return page;
        },
      },
    ];
    const receivers = { columns, onWerift: () => werift as WeriftReceiver, inChromium: () => page as PageReceiver };
    return { running, receivers };
  },
};

function wayThrough(middle: Middle): Way {
  return {
    ...middle,
    async start(dependencyDescriptor, onClose) {
      const server = await middle.start();
      onClose(() => server.close());
      const { running, published } = await fromWerift({ dependencyDescriptor }).start(server);
      return { running, receivers: receiversOf(published) };
    },
  };
}

const ways = [stage, wayThrough(janus), wayThrough(mediasoup)];
const rows: string[][] = [];

it.for(ways)("the Dependency Descriptor harms nothing on its way through $name", async (way, test) => {
  if (!isWhole) test.skip("it takes long: npm run test:interop");
  if (way.unavailable) test.skip(way.unavailable);
  const seen: { readonly cell: CellResult; readonly share: number; readonly freezes: number }[] = [];
  for (const isSent of [true, false]) {
    const { running, receivers } = await way.start(isSent, test.onTestFinished);
    let counted = { share: 0, freezes: 0 };
    const cells = await runCells({ name: way.name, running }, receivers.columns, async () => {
      const { packets, descriptors } = receivers.onWerift().packets();
      counted = { share: descriptors / packets, freezes: await receivers.inChromium().freezes() };
    });
    expectWholeCells(cells);
    seen.push({ cell: cells[1] as CellResult, ...counted });
  }
  const [withIt, without] = seen as [(typeof seen)[number], (typeof seen)[number]];
  expect(without.share, "packets with a descriptor that nobody sent").toBe(0);
  expect([0, 1], "a descriptor on some packets and not on others").toContain(withIt.share);
  rows.push([
    ...[way.name, withIt.share > 0 ? "on every packet" : "negotiated away"],
    ...seen.flatMap(({ cell, freezes }) => [
      `${cell.received} of ${cell.sent}`,
      String(cell.pictures),
      String(freezes),
    ]),
  ]);
});

afterAll(() => {
  writeReportPart("dependency-descriptor", {
    heading: "The Dependency Descriptor on the way",
    text: "inband on werift sends to Chromium, once with the RTP header extension of that name and once without it. A second receiver on werift looks at the packets. Where a server does not know the extension it is not negotiated, and messages then wait for a key frame behind a lost packet that nobody repairs.",
    head: [
      ...["through", "the extension arrives", "messages with it", "pictures", "freezes"],
      ...["messages without it", "pictures", "freezes"],
    ],
    rows,
    peers: [...ways, weriftReceiver],
  });
});
