import { checkOptions } from "@inband/wire";
import { expectThat } from "../expect-that.ts";

/** Most bytes of an offer. Browsers with every codec stay below 10 KiB. */
export const maxOfferBytes: number = 64 * 1024;

/** What a stage reports to. */
export type StageLogger = Pick<Console, "debug" | "info" | "warn" | "error">;

/** Settings of a stage. */
export interface StageOptions {
  /**
   * Signs the tokens; 32 bytes or more.
   *
   * @defaultValue random, so that tokens end with the process
   */
  readonly secret?: Uint8Array;
  /**
   * Names the stage in its tokens; those of another topic are refused.
   *
   * @defaultValue random
   */
  readonly topic?: string;
  /**
   * Participants that may publish at once.
   *
   * @defaultValue 12, as on Amazon IVS
   */
  readonly maxPublishers?: number;
  /**
   * Subscriptions at once, all publishers together.
   *
   * @defaultValue 60: one process carries about 130 of 2 Mbit/s each
   */
  readonly maxSubscriptions?: number;
  /**
   * How many of them one participant may have.
   *
   * @defaultValue half of them
   */
  readonly maxSubscriptionsPerParticipant?: number;
  /**
   * Participants at once, those who only watch included.
   *
   * @defaultValue 200
   */
  readonly maxParticipants?: number;
  /**
   * Origins of pages that may call the stage, such as `https://app.example.com`, beside those on this machine
   * (`localhost`, `127.0.0.1`, `[::1]`, any port).
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Told which participants come and go. It never gets a token.
   *
   * @defaultValue silent
   */
  readonly logger?: StageLogger;
}

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

/** What a stage counts, and the origins and the secret, are checked where they are used. @throws TypeError that names the option. */
export function checkStageOptions(options: StageOptions): void {
  checkOptions(options, stageOptionNames);
  const { topic, allowedOrigins, logger } = options;
  expectThat(topic === undefined || (typeof topic === "string" && topic !== ""), "topic", "a name", topic);
  const areOrigins = allowedOrigins === undefined || Array.isArray(allowedOrigins);
  expectThat(areOrigins, "allowedOrigins", 'an array as ["https://app.example.com"]', allowedOrigins);
  expectThat(logger === undefined || typeof logger?.info === "function", "logger", "a console", logger);
}
