import { until } from "@inband/rig/until";
import { type CarrierEvents, defaultCarrierLimits, type Message, type SentReport } from "@inband/stream";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ForwardedTrack } from "../src/server/forwarding/forwarded-track.ts";
import { MessagePort } from "../src/server/forwarding/message-port.ts";
import { MessageAudience } from "../src/server/http/message-audience.ts";
import { messageRoutes } from "../src/server/http/message-routes.ts";

/** The routes of messages into a video whose frames leave, or do not, when the test says so. */
function routes() {
  const offered: Message[] = [];
  const withdrawn: string[] = [];
  let events: CarrierEvents | undefined;
  const track: Pick<ForwardedTrack, "readMessages" | "carrier"> = {
    readMessages: () => () => {},
    carrier: () => ({
      ...{ name: "manual", limits: defaultCarrierLimits },
      open(given) {
        events = given;
        const offer = (message: Message): void => {
          if (!message.standing) offered.push(message);
        };
        return { offer, withdraw: (id) => void withdrawn.push(id), [Symbol.dispose]() {} };
      },
    }),
  };
  const port = new MessagePort(track as ForwardedTrack);
  onTestFinished(() => port.close());
  const claims = { tokenId: "1", participantId: "bob", userId: "", attributes: {} };
  const can = { canPublish: true, canSubscribe: true, canPublishMessages: true, canSubscribeMessages: true };
  const app = messageRoutes({
    ...{ port: () => port, audience: new MessageAudience() },
    authenticate: async () => ({ ...claims, ...can }),
  });
  const post = async (query = "") => {
    const headers = { "content-type": "application/json", "idempotency-key": "goal 7" };
    const response = await app.request(`/alice/messages${query}`, { method: "POST", headers, body: '"goal"' });
    const { id, outcome } = (await response.json()) as { id: string; outcome: string };
    return { status: response.status, id, outcome };
  };
  /** Says what became of the next message, once it is offered. */
  const settleNext = async (outcome: SentReport["outcome"], copies: number): Promise<void> => {
    const before = offered.length;
    await until(() => offered.length > before);
    const { id: messageId = "" } = offered.at(-1) ?? {};
    const streams = copies === 0 ? [] : [{ stream: "1", copies, bytes: 9, rtpTimestamps: [1] }];
    events?.sent([{ messageId, outcome, streams }]);
  };
  return { post, settleNext, offered, withdrawn };
}

/** Posts twice at once. */
async function posted({ post, settleNext }: ReturnType<typeof routes>, outcome: SentReport["outcome"], copies: number) {
  const [first, second] = await Promise.all([post(), post(), settleNext(outcome, copies)]);
  return [first, second];
}

describe("a request that is sent again with its Idempotency-Key", () => {
  it.each(["expired", "dropped"] as const)("publishes what had %s, and what has left not again", async (outcome) => {
    const all = routes();
    const [first, second] = await posted(all, outcome, 0);
    expect(first).toMatchObject({ status: 504, outcome });
    expect(second).toEqual(first);
    const [third, fourth] = await posted(all, "sent", 1);
    expect(third).toMatchObject({ status: 201, outcome: "sent" });
    expect(third?.id).not.toBe(first?.id);
    expect([fourth, await all.post()]).toEqual([third, third]);
    expect(all.offered).toHaveLength(2);
  });

  it("publishes nothing again of which copies have left", async () => {
    const all = routes();
    const [first] = await posted(all, "expired", 1);
    expect(first).toMatchObject({ status: 504, outcome: "expired" });
    expect(await all.post()).toEqual(first);
    expect(all.offered).toHaveLength(1);
  });
});

it("retains nothing that was answered as not sent", async () => {
  const { post, settleNext, offered, withdrawn } = routes();
  const [{ status }] = await Promise.all([post("?topic=score&retain=true"), settleNext("expired", 0)]);
  expect(status).toBe(504);
  expect(withdrawn).toContain(`${offered[0]?.id} retained`);
});
