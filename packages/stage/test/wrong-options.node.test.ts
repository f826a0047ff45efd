import { existsSync } from "node:fs";
import { SeiPublisher } from "@inband/publisher";
import { peer } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip, joinStage } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { WeriftAudio, WeriftVideo } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";

const url = "http://127.0.0.1:9";

/** Calls with arguments that no compiler would let pass, and resolves to the message of what is thrown. */
async function call(what: unknown, ...args: unknown[]): Promise<string> {
  try {
    await (what as (...args: unknown[]) => unknown)(...args);
    return "nothing was wrong";
  } catch (error) {
    return error instanceof TypeError || error instanceof RangeError ? error.message : `${error}`;
  }
}

describe("an argument that is not as it should be is named, with what is expected", () => {
  const stage = createStage();
  const serve = (options: unknown) => call(serveStage, stage, options);
  const create = (options: unknown) => call(createStage, options);
  const sign = (options: unknown) => call(stage.createToken, options);
  const token = "e30.e30.c2ln";
  const join = (options: unknown) => call(joinStage, options);
  const publishing = () => {
    const pc = peer();
    pc.addTransceiver("video");
    return pc;
  };

  it.each([
    ["createStage with another option", () => create({ bogus: 1 }), /^bogus: no such option, expected secret, topic, /],
    ["createStage with what is no object", () => create("x"), /^options: expected an object, got "x"/],
    ["createStage with a topic", () => create({ topic: 5 }), /^topic: expected a name, got 5/],
    [
      "createStage with a secret",
      () => create({ secret: "s".repeat(64) }),
      /^secret: expected a Uint8Array of 32 bytes or more/,
    ],
    ["createStage with origins", () => create({ allowedOrigins: url }), /^allowedOrigins: expected an array/],
    ["createStage with a logger", () => create({ logger: true }), /^logger: expected a console, got true/],
    ["serveStage without a stage", () => call(serveStage), /^stage: expected a stage, .*got undefined/],
    ["serveStage with another option", () => serve({ bogus: 1 }), /^bogus: no such option, expected host, port/],
    [
      "serveStage with a port by name",
      () => serve({ port: "x" }),
      /^port: expected an integer from 0 to 65535, got "x"/,
    ],
    ["serveStage with a port too high", () => serve({ port: 65_536 }), /^port: .*got 65536/],
    ["serveStage with a host", () => serve({ host: 1 }), /^host: expected a name or an address, got 1/],
    [
      "serveStage with a limit",
      () => serve({ maxConnections: 0 }),
      /^maxConnections: expected a positive integer, got 0/,
    ],
    ["serveStage with an application", () => serve({ app: {} }), /^app: expected an application with fetch/],
    ["serveStage with half of TLS", () => serve({ tls: { cert: "x" } }), /^tls: expected \{ cert, key \}/],
    ["createToken without options", () => sign(undefined), /^options: expected an object with the url/],
    ["createToken with another option", () => sign({ url, bogus: 1 }), /^bogus: no such option/],
    ["createToken with a list", () => sign({ url, capabilities: ["bogus"] }), /^capabilities: expected an object as/],
    [
      "createToken with what cannot be allowed",
      () => sign({ url, capabilities: { publish: true } }),
      /^capabilities: .*"publish"/,
    ],
    [
      "createToken with half a capability",
      () => sign({ url, capabilities: { allow_publish: 1 } }),
      /^capabilities.allow_publish: /,
    ],
    [
      "createToken in the past",
      () => sign({ url, expiresInSeconds: -1 }),
      /^expiresInSeconds: expected .*1 or more, got -1/,
    ],
    [
      "createToken with attributes",
      () => sign({ url, attributes: { age: 5 } }),
      /^attributes.age: expected a string, got 5/,
    ],
    ["joinStage without options", () => call(joinStage), /^options: expected an object with a token, got undefined/],
    [
      "joinStage with another option",
      () => join({ token, bogus: 1 }),
      /^bogus: no such option, expected token, publish/,
    ],
    ["joinStage with a number", () => join({ token: 5 }), /^token: expected a string, or a function/],
    [
      "joinStage with a publisher",
      () => join({ token, publish: new SeiPublisher() }),
      /^publish: expected a WeriftVideo.*got a SeiPublisher/,
    ],
    [
      "joinStage with sound",
      () => join({ token, publish: { video: new WeriftVideo(), audio: 1 } }),
      /^publish.audio: expected a WeriftAudio, got 1/,
    ],
    [
      "joinStage with no subscriber",
      () => join({ token, subscribe: {} }),
      /^subscribe: expected a SeiSubscriber, got an object/,
    ],
    ["joinStage with no signal", () => join({ token, signal: {} }), /^signal: expected an AbortSignal/],
    ["joinStage with no time", () => join({ token, timeoutMs: 0 }), /^timeoutMs: expected a positive number/],
    [
      "joinStage with no choice",
      () => join({ token, shouldSubscribe: "bob" }),
      /^shouldSubscribe: expected a function/,
    ],
    [
      "connectWhip with nothing",
      () => call(connectWhip),
      /^pc: expected an RTCPeerConnection of werift.*got undefined/,
    ],
    [
      "connectWhip without options",
      () => call(connectWhip, publishing()),
      /^options: expected an object with a url, got undefined/,
    ],
    [
      "connectWhep with nothing",
      () => call(connectWhep),
      /^pc: expected an RTCPeerConnection of werift.*got undefined/,
    ],
    [
      "connectWhip with another option",
      () => call(connectWhip, publishing(), { url, bogus: 1 }),
      /^bogus: no such option/,
    ],
    [
      "connectWhip without a URL",
      () => call(connectWhip, publishing(), {}),
      /^url: expected an http or https URL, got undefined/,
    ],
    [
      "WeriftAudio beside a number",
      () => call(() => new WeriftAudio({ beside: 1 as never })),
      /^beside: expected a WeriftVideo, got 1/,
    ],
  ])("%s", async (_what, attempt, message) => {
    expect(await attempt()).toMatch(message);
  });

  it("and no port that is a name becomes a socket in the file system", async () => {
    onTestFinished(() => stage.close());
    await serve({ port: "x" });
    expect(existsSync("x")).toBe(false);
  });
});
