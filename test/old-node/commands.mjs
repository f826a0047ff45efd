/**
 * `inband publish` and `inband subscribe` as processes of this Node, with a stage between them, by the built packages.
 * Plain JavaScript, for a Node that strips no types. Prints what the subscriber printed first, as JSON.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createStage, serveStage } from "@inband/stage/server";

const bin = fileURLToPath(new URL("../../packages/cli/bin/inband.mjs", import.meta.url));
const inband = (args) => spawn(process.execPath, [bin, ...args], { stdio: ["pipe", "pipe", "inherit"] });

const stage = createStage();
const served = await serveStage(stage);
const token = (participantId) => stage.createToken({ participantId, url: served.url });
const until = async (holds) => {
  while (!holds()) await sleep(50);
};

const publisher = inband(["publish", "test", "--to", `${served.url}/publish/me`, "--token", await token("me")]);
await until(() => stage.participants()[0]?.isConnected);
const subscriber = inband(["subscribe", `${served.url}/subscribe/me`, "--token", await token("you"), "--json"]);
await until(() => stage.participants()[0]?.subscribers === 1);

const first = once(createInterface({ input: subscriber.stdout }), "line");
let isReceived = false;
const publishing = (async () => {
  for (; !isReceived; await sleep(200)) publisher.stdin.write('{"text":"hello"}\n');
})();
const { value } = JSON.parse((await first)[0]);
isReceived = true;
await publishing;

const codes = [];
for (const child of [subscriber, publisher]) {
  child.kill("SIGINT");
  codes.push((await once(child, "exit"))[0]);
}
await served.close();
await stage.close();
console.log(JSON.stringify({ node: process.version, value, codes }));
