import type { Gap, SeiSubscriber } from "@inband/subscriber";
import { tell } from "./output.ts";
import { plain } from "./plain-text.ts";
import { tellError } from "./tell-error.ts";

/**
 * Says on the standard error what a subscriber tells beside its messages. `topic` leaves out the losses of other topics.
 */
export function tellEvents(subscriber: SeiSubscriber, topic?: string): void {
  subscriber.on("error", tellError);
  subscriber.on("gap", (gap) => tellGap(gap, topic));
  subscriber.on("stripped", ({ reason }) => {
    const sign = reason === "other-feed" ? "another way brings them" : "its heartbeats have stopped";
    tell(`Somebody on the way takes the messages out of the video: ${sign}.`);
  });
}

/** Says that messages were lost, unless they are of another topic than `topic`. */
export function tellGap(gap: Pick<Gap, "topic" | "sequence" | "missing">, topic?: string): void {
  if (topic !== undefined && gap.topic !== topic) return;
  const where = gap.topic === undefined ? "" : ` on topic "${plain(gap.topic)}"`;
  tell(gap.missing === 1 ? `Message #${gap.sequence}${where} was lost.` : lost(gap.missing, gap.sequence, where));
}

function lost(count: number, first: number, where: string): string {
  return `${count} messages${where} were lost, from #${first} on.`;
}
