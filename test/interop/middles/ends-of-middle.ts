import { answer, offer } from "@inband/rig/werift/peer";
import type { PeerConfigOptions } from "@inband/werift";
import type { Column } from "../cells.ts";
import type { RunningSender } from "../ends.ts";
import { chromiumReceiver, type PageReceiver, receiveInChromium } from "../receivers/chromium.ts";
import { receiveOnWerift, type WeriftReceiver, weriftReceiver } from "../receivers/werift.ts";
import { chromiumSender, sendFromChromium } from "../senders/chromium.ts";
import { sendFromWerift, weriftSender } from "../senders/werift.ts";
import type { Published, RunningMiddle, Subscribed } from "./middle.ts";

/** A sender of ours that publishes to a middle. */
export interface MiddleSender {
  readonly name: string;
  readonly layers: readonly string[];
  start(middle: RunningMiddle): Promise<{ readonly running: RunningSender; readonly published: Published }>;
}

const nothingToClose = { close: async () => {} };

/** Ours on werift. */
export function fromWerift(options: PeerConfigOptions = {}): MiddleSender {
  return {
    name: weriftSender.name,
    layers: [],
    async start(middle) {
      let published: Published | undefined;
      const running = await sendFromWerift(async (pc) => {
        published = await middle.publish((await offer(pc)).sdp);
        await pc.setRemoteDescription({ type: "answer", sdp: published.answer });
        return nothingToClose;
      }, options);
      return { running, published: published as Published };
    },
  };
}

/** Ours in a page. */
export function fromChromium(layers: readonly string[] = []): MiddleSender {
  return {
    name: chromiumSender(layers).name,
    layers,
    async start(middle) {
      let published: Published | undefined;
      const running = await sendFromChromium(layers, async (page) => {
        published = await middle.publish(await page.evaluate((layers) => offerWithCamera(layers), layers));
        await page.evaluate((sdp) => takeAnswer(sdp), published.answer);
      });
      return { running, published: published as Published };
    },
  };
}

/** What the receivers of a middle have to tell beside messages. */
export interface MiddleReceivers {
  readonly columns: readonly Column[];
  readonly subscriptions: readonly Subscribed[];
  onWerift(): WeriftReceiver;
  inChromium(): PageReceiver;
}

/** Ours on werift and in a page, as they receive what was published. */
export function receiversOf(published: Published): MiddleReceivers {
  const subscriptions: Subscribed[] = [];
  const subscribe = async (answer: (offer: string) => Promise<string>) => {
    const subscribed = await published.subscribe(answer);
    subscriptions.push(subscribed);
    return subscribed;
  };
  let werift: WeriftReceiver | undefined;
  let page: PageReceiver | undefined;
  const columns: Column[] = [
    {
      receiver: weriftReceiver,
      async start(tally) {
        let subscribed: Subscribed | undefined;
        werift = await receiveOnWerift(tally, async (pc, read) => {
          pc.onRemoteTransceiverAdded.subscribe(read);
          subscribed = await subscribe(async (sdp) => (await answer(pc, { type: "offer", sdp })).sdp);
          return nothingToClose;
        });
        return { ...werift, forwarding: subscribed?.forwarding };
      },
    },
    {
      receiver: chromiumReceiver,
      async start(tally) {
        let subscribed: Subscribed | undefined;
        page = await receiveInChromium(tally, async (page) => {
          subscribed = await subscribe((sdp) => page.evaluate((sdp) => answerOffer(sdp), sdp));
        });
        return { ...page, forwarding: subscribed?.forwarding };
      },
    },
  ];
  return {
    columns,
    subscriptions,
    onWerift: () => werift as WeriftReceiver,
    inChromium: () => page as PageReceiver,
  };
}
