import { joinStage } from "@inband/browser/whip";
import { expect, it } from "vitest";

const join = joinStage as (...args: unknown[]) => Promise<unknown>;
const token = "e30.e30.c2ln";

it.each([
  ["nothing", [], /^token: expected a string, or a function that gives one, got undefined/],
  ["a number for a token", [{ token: 5 }], /^token: expected a string, .* got number/],
  ["an option that there is not", [{ token, bogus: 1 }], /^bogus: joinStage has no such option/],
  ["no time", [{ token, timeoutMs: -1 }], /^timeoutMs: expected a positive number/],
  ["what receives nothing", [{ token, subscribe: {} }], /^subscribe: expected a SeiSubscriber/],
  ["a publisher without a picture", [{ token, publish: { publishers: [] } }], /^publish.media: expected a MediaStream/],
])("names what is wrong where a page joins a stage with %s", async (_what, args, message) => {
  await expect(join(...args)).rejects.toThrow(message);
});

it("gives up a stage that is not there, within the time that it was given", async () => {
  const claims = btoa(
    JSON.stringify({ jti: "a", whip_url: "http://127.0.0.1:9", events_url: "ws://127.0.0.1:9", topic: "t" }),
  );
  const stage = join({ token: `${btoa('{"alg":"HS256"}')}.${claims}.c2ln`.replaceAll("=", ""), timeoutMs: 300 });
  await expect(stage).rejects.toMatchObject({
    name: "TimeoutError",
    message: expect.stringContaining("ws://127.0.0.1:9 was not joined within 300 ms: events: "),
  });
});
