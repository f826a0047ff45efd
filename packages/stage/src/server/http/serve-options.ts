import { checkOptions, kindOf } from "@inband/wire";
import { expectThat } from "../../expect-that.ts";
import type { Stage } from "../stage.ts";

/** Where a stage listens. */
export interface ServeOptions {
  /**
   * A name or an address of this machine.
   *
   * @defaultValue `127.0.0.1`: reachable from this machine only
   */
  readonly host?: string;
  /**
   * The port; 0 takes any free one.
   *
   * @defaultValue 0
   */
  readonly port?: number;
  /**
   * HTTP connections at once, events sockets included; more are dropped. Media does not count: it has connections of its
   * own.
   *
   * @defaultValue 512
   */
  readonly maxConnections?: number;
  /**
   * Answers requests: an application with pages and routes of its own, which hands on to `stage.app`.
   *
   * @defaultValue `stage.app`
   */
  readonly app?: Pick<Stage["app"], "fetch">;
  /** Serves https: browsers let pages that are not on this machine use a camera by it alone. */
  readonly tls?: {
    /** Certificate chain, PEM. */
    readonly cert: string | Buffer;
    /** Private key, PEM. */
    readonly key: string | Buffer;
  };
}

const serveOptionNames: ReadonlySet<string> = new Set([
  "host",
  "port",
  "maxConnections",
  "app",
  "tls",
] satisfies (keyof ServeOptions)[]);

/** @throws TypeError or RangeError that names the option. */
export function checkServe(stage: Stage, options: ServeOptions): void {
  const isStage = typeof stage?.app?.fetch === "function" && typeof stage.handleUpgrade === "function";
  expectThat(isStage, "stage", "a stage, as createStage() makes one", stage);
  checkOptions(options, serveOptionNames);
  const { host, port = 0, maxConnections = 1, app, tls } = options;
  expectThat(host === undefined || (typeof host === "string" && host !== ""), "host", "a name or an address", host);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new RangeError(`port: expected an integer from 0 to 65535, got ${kindOf(port)}`);
  }
  if (!(Number.isInteger(maxConnections) && maxConnections > 0)) {
    throw new RangeError(`maxConnections: expected a positive integer, got ${kindOf(maxConnections)}`);
  }
  expectThat(app === undefined || typeof app?.fetch === "function", "app", "an application with fetch", app);
  const isTls = tls === undefined || (Boolean(tls?.cert) && Boolean(tls.key));
  expectThat(isTls, "tls", "{ cert, key } in PEM", tls);
}
