import { checkOptions, kindOf } from "@inband/wire";
import type { ServeOptions } from "./http/serve.ts";
import type { Stage } from "./stage.ts";
import type { StageOptions } from "./stage-options.ts";
import type { Capabilities, TokenOptions } from "./token.ts";

const stageOptionNames: ReadonlySet<string> = new Set([
  "secret",
  "topic",
  "maxPublishers",
  "maxSubscriptions",
  "maxSubscriptionsPerParticipant",
  "maxParticipants",
  "allowedOrigins",
  "logger",
] satisfies (keyof StageOptions)[]);

const serveOptionNames: ReadonlySet<string> = new Set([
  "host",
  "port",
  "maxConnections",
  "app",
  "tls",
] satisfies (keyof ServeOptions)[]);

const tokenOptionNames: ReadonlySet<string> = new Set([
  "participantId",
  "userId",
  "attributes",
  "capabilities",
  "url",
  "expiresInSeconds",
] satisfies (keyof TokenOptions)[]);

const capabilityNames: ReadonlySet<string> = new Set([
  "allow_publish",
  "allow_subscribe",
  "publish_messages",
  "subscribe_messages",
] satisfies (keyof Capabilities)[]);

/** What a stage counts, and the origins and the secret, are checked where they are used. @throws TypeError that names the option. */
export function checkStageOptions(options: StageOptions): void {
  checkOptions(options, stageOptionNames);
  const { topic, allowedOrigins, logger } = options;
  expect(topic === undefined || (typeof topic === "string" && topic !== ""), "topic", "a name", topic);
  const areOrigins = allowedOrigins === undefined || Array.isArray(allowedOrigins);
  expect(areOrigins, "allowedOrigins", 'an array as ["https://app.example.com"]', allowedOrigins);
  expect(logger === undefined || typeof logger?.info === "function", "logger", "a console", logger);
}

/** @throws TypeError or RangeError that names the option. */
export function checkServe(stage: Stage, options: ServeOptions): void {
  const isStage = typeof stage?.app?.fetch === "function" && typeof stage.handleUpgrade === "function";
  expect(isStage, "stage", "a stage, as createStage() makes one", stage);
  checkOptions(options, serveOptionNames);
  const { host, port = 0, maxConnections = 1, app, tls } = options;
  expect(host === undefined || (typeof host === "string" && host !== ""), "host", "a name or an address", host);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new RangeError(`port: expected an integer from 0 to 65535, got ${kindOf(port)}`);
  }
  if (!(Number.isInteger(maxConnections) && maxConnections > 0)) {
    throw new RangeError(`maxConnections: expected a positive integer, got ${kindOf(maxConnections)}`);
  }
  expect(app === undefined || typeof app?.fetch === "function", "app", "an application with fetch", app);
  const isTls = tls === undefined || (Boolean(tls?.cert) && Boolean(tls.key));
  expect(isTls, "tls", "{ cert, key } in PEM", tls);
}

/** @throws TypeError or RangeError that names the option. */
export function checkTokenOptions(options: TokenOptions): void {
  expect(options !== undefined, "options", "an object with the url of the stage", options);
  checkOptions(options, tokenOptionNames);
  const { participantId, userId, attributes = {}, capabilities, url, expiresInSeconds } = options;
  const isName = participantId === undefined || typeof participantId === "string";
  expect(isName, "participantId", "a string", participantId);
  expect(userId === undefined || typeof userId === "string", "userId", "a string", userId);
  expect(isRecord(attributes), "attributes", "an object of strings", attributes);
  for (const [name, value] of Object.entries(attributes)) {
    expect(typeof value === "string", `attributes.${name}`, "a string", value);
  }
  if (capabilities !== undefined) {
    expect(isRecord(capabilities), "capabilities", "an object as { allow_publish: true }", capabilities);
    for (const [name, value] of Object.entries(capabilities)) {
      expect(capabilityNames.has(name), "capabilities", [...capabilityNames].join(", "), name);
      expect(value === undefined || typeof value === "boolean", `capabilities.${name}`, "true or false", value);
    }
  }
  const isUrl = typeof url === "string" && URL.canParse(url) && /^https?:/i.test(url);
  expect(isUrl, "url", "an http or https URL", url);
  if (expiresInSeconds !== undefined && !(Number.isFinite(expiresInSeconds) && expiresInSeconds >= 1)) {
    throw new RangeError(`expiresInSeconds: expected a number of 1 or more, got ${kindOf(expiresInSeconds)}`);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function expect(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds) throw new TypeError(`${name}: expected ${expected}, got ${kindOf(got)}`);
}
