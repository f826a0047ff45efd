import { checkOptions, kindOf } from "@inband/wire";
import { expectThat } from "../expect-that.ts";

/** What a participant may do; the first two as in Amazon IVS stage tokens. */
export interface Capabilities {
  readonly allow_publish?: boolean;
  readonly allow_subscribe?: boolean;
  /** Messages by HTTP into the video of any participant; into its own a participant may with `allow_publish`. */
  readonly publish_messages?: boolean;
  /** Messages by HTTP out of the video of any participant, without the video; `allow_subscribe` includes it. */
  readonly subscribe_messages?: boolean;
}

/** What a new token shall say. */
export interface TokenOptions {
  /** Default random. Letters, digits, `.`, `_`, `~` and `-`: it becomes part of a URL. Not `.`, `..`, `publish` or `subscribe`. */
  readonly participantId?: string;
  /** The application's own name for the person. Default empty. */
  readonly userId?: string;
  /** Shown to the other participants. Default none. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * What it allows; what is not named is not allowed.
   *
   * @defaultValue everything
   */
  readonly capabilities?: Capabilities;
  /** Where clients reach the stage: `http://host:port`, with the path where the application mounted it. */
  readonly url: string;
  /** 1 or more. Default 1800. */
  readonly expiresInSeconds?: number;
}

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

/** @throws TypeError or RangeError that names the option. */
export function checkTokenOptions(options: TokenOptions): void {
  expectThat(options !== undefined, "options", "an object with the url of the stage", options);
  checkOptions(options, tokenOptionNames);
  const { participantId, userId, attributes = {}, capabilities, url, expiresInSeconds } = options;
  const isName = participantId === undefined || typeof participantId === "string";
  expectThat(isName, "participantId", "a string", participantId);
  expectThat(userId === undefined || typeof userId === "string", "userId", "a string", userId);
  expectThat(isRecord(attributes), "attributes", "an object of strings", attributes);
  for (const [name, value] of Object.entries(attributes)) {
    expectThat(typeof value === "string", `attributes.${name}`, "a string", value);
  }
  if (capabilities !== undefined) {
    expectThat(isRecord(capabilities), "capabilities", "an object as { allow_publish: true }", capabilities);
    for (const [name, value] of Object.entries(capabilities)) {
      expectThat(capabilityNames.has(name), "capabilities", [...capabilityNames].join(", "), name);
      expectThat(value === undefined || typeof value === "boolean", `capabilities.${name}`, "true or false", value);
    }
  }
  const isUrl = typeof url === "string" && URL.canParse(url) && /^https?:/i.test(url);
  expectThat(isUrl, "url", "an http or https URL", url);
  if (expiresInSeconds !== undefined && !(Number.isFinite(expiresInSeconds) && expiresInSeconds >= 1)) {
    throw new RangeError(`expiresInSeconds: expected a number of 1 or more, got ${kindOf(expiresInSeconds)}`);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
