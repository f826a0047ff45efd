import { useFakeClock } from "@inband/rig/fake-clock";
import { told } from "@inband/rig/turn";
import { type EventsSocket, joinWith } from "@inband/stage-protocol";
import { expect, it, onTestFinished, vi } from "vitest";

useFakeClock();

const base64url = (text: string): string => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const claims = { jti: "alice", whip_url: "http://stage.example", events_url: "ws://stage.example", topic: "t" };
const token = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(claims))}.c2ln`;

/** A socket to a stage that a test stops. Its connection stays, as one does whose other end has lost its power. */
class StageSocket extends EventTarget {
  readyState = 1;
  isStopped = false;

  constructor() {
    super();
    queueMicrotask(() => this.#say({ type: "aws:ivs:STAGE_STATE", payload: { sequenceNumber: 1, participants: [] } }));
  }

  send(text: string): void {
    if (!this.isStopped && JSON.parse(text).type === "PING") this.#say({ type: "PONG" });
  }

  close(): void {
    this.readyState = 2;
  }

  #say(message: object): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    vi.advanceTimersByTime(1000);
    await told();
  }
}

it("connects its events socket again when the stage answers no ping, and not while it does", async () => {
  const sockets: StageSocket[] = [];
  const stage = await joinWith(
    {
      openSocket() {
        const socket = new StageSocket();
        sockets.push(socket);
        return socket as unknown as EventsSocket;
      },
      isFinal: () => false,
      tooLate: (message) => new Error(message),
    },
    { token },
  );
  onTestFinished(() => stage.leave());
  const lost: string[] = [];
  stage.on("reconnecting", ({ message }, what) => lost.push(`${what}: ${message}`));
  await pass(120);
  expect([sockets.length, lost]).toEqual([1, []]);
  (sockets[0] as StageSocket).isStopped = true;
  await pass(50);
  expect(lost).toEqual(["events: the events socket of the stage has fallen silent"]);
  expect(sockets).toHaveLength(2);
  await stage.leave();
});

it("gives up a stage that it has not joined in time, and says why", async () => {
  const joining = joinWith(
    {
      openSocket() {
        const socket = Object.assign(new EventTarget(), { readyState: 3, close() {}, send() {}, terminate() {} });
        queueMicrotask(() => {
          socket.dispatchEvent(Object.assign(new Event("error"), { error: new Error("nobody listens there") }));
          socket.dispatchEvent(new Event("close"));
        });
        return socket as unknown as EventsSocket;
      },
      isFinal: () => false,
      tooLate: (message) => new Error(message),
    },
    { token },
  );
  const outcome = joining.then(
    () => "joined",
    ({ message }: Error) => message,
  );
  let isSettled = false;
  outcome.finally(() => {
    isSettled = true;
  });
  await pass(29);
  expect(isSettled).toBe(false);
  await pass(2);
  expect(await outcome).toBe(
    "the stage at ws://stage.example was not joined within 30000 ms: events: nobody listens there",
  );
});
