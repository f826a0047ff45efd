import { hangMs } from "@inband/rig/hang";
import { afterAll, expect, it } from "vitest";
import { type CellResult, expectWholeCells, isWhole, runCells } from "../cells.ts";
import { weriftReceiver } from "../receivers/werift.ts";
import { cellHead, cellRow, writeReportPart } from "../report.ts";
import { twoLayers } from "../senders/chromium.ts";
import { fromChromium, fromWerift, receiversOf } from "./ends-of-middle.ts";
import { janus } from "./janus.ts";
import { mediasoup } from "./mediasoup.ts";

/** Messages between two switches of the simulcast layer. */
const switchEvery = isWhole ? 20 : 5;

const middles = [janus, mediasoup];
const senders = [fromWerift(), fromChromium(), fromChromium(twoLayers)];
const ways = middles.flatMap((middle) =>
  senders.map((sender) => ({ middle, sender, from: sender.name, by: middle.name })),
);
const results: CellResult[] = [];

it.for(ways)("$from reaches werift and Chromium through $by", async ({ middle, sender, from, by }, test) => {
  if (middle.unavailable) test.skip(middle.unavailable);
  const server = await middle.start();
  test.onTestFinished(() => server.close());
  const { running, published } = await sender.start(server);
  const receivers = receiversOf(published);
  const layers = sender.layers.length;
  let switched: Promise<void> | undefined;
  const seen: number[] = [];
  let isLayerMissing = false;
  const cells = await runCells({ name: `${from}, by ${by}`, running }, receivers.columns, async (number) => {
    if (layers === 0 || number % switchEvery !== 0) return;
    await switched;
    const page = receivers.inChromium();
    const height = await page.height();
    const layer = (number / switchEvery) % layers;
    await Promise.all(receivers.subscriptions.map((to) => to.chooseLayer(layer)));
    // What the server sent at first nobody knows: the first choice may change nothing.
    if (number === 0) return;
    const outcome = async (): Promise<"switched" | "not sent" | "waiting"> => {
      if ((await page.height()) !== height) return "switched";
      return (await running.sendsLayer?.(layer)) ? "waiting" : "not sent";
    };
    switched = expect
      .poll(
        async () => {
          const now = await outcome();
          if (now === "switched") seen.push(number);
          isLayerMissing ||= now === "not sent";
          return now;
        },
        { timeout: hangMs },
      )
      .not.toBe("waiting");
    switched.catch(() => {});
  });
  results.push(...cells);
  expectWholeCells(cells);
  if (isLayerMissing) test.skip("its messages came, but Chromium stopped a layer on this machine: no switch to it");
  if (layers > 0) expect(seen.length, "switches that were seen").toBeGreaterThan(1);
});

afterAll(() => {
  writeReportPart("middles", {
    heading: "Through other servers",
    text: `Ours on both sides of a server that knows nothing of messages. Simulcast is two layers of Chromium, and the server was told to send the other one after every ${switchEvery} messages, which Chromium was seen to decode then. mediasoup tells of each packet that it takes and sends on, so its account is held against the receipts of the sender in a page: a message may be missing only where none of its pictures was sent on whole, and none may come of which nothing was.`,
    head: cellHead,
    rows: results.map(cellRow),
    peers: [...middles, weriftReceiver],
  });
});
