import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Stage } from "@inband/stage/server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { pageFiles } from "../page-files.ts";
import { pagePolicy } from "../page-policy.ts";
import { parseRow, type SelfTestRow } from "./row.ts";
import { SelfTestRuns } from "./runs.ts";

const largestBodyBytes = 256 * 1024;
const maxPayloads = 200;
/** More than any message of the page has, and less than a publisher takes. */
const maxPayloadText = 64 * 1024;

/** A page that tests its browser against a stage. */
export interface SelfTest extends AsyncDisposable {
  /** To be served beside the stage. */
  readonly routes: Hono;
  /** The path of the page, with the key that lets it test: whoever has it may publish on the stage for a while. */
  readonly path: string;
}

/**
 * The self-test of browsers against a stage.
 *
 * @param url Where others reach the stage.
 * @param told Gets the row of each page.
 * @throws CommandError where the page has not been built.
 */
export async function selfTest(stage: Stage, url: () => string, told: (row: SelfTestRow) => void): Promise<SelfTest> {
  const key = randomBytes(12).toString("base64url");
  let runs: SelfTestRuns | undefined;
  const running = () => {
    runs ??= new SelfTestRuns(stage, url());
    return runs;
  };
  const routes = new Hono();
  routes.use("/self-test/runs/*", bodyLimit({ maxSize: largestBodyBytes }));
  routes.use("/self-test/runs/*", async (context, next) => {
    if (!isKey(context.req.header("x-inband-key"), key)) {
      return context.json({ error: "Open the address that the terminal shows, with the part behind its #." }, 403);
    }
    return await next();
  });
  routes.post("/self-test/runs", async (context) => {
    const run = await running().start();
    return run
      ? context.json(run, 201)
      : context.json({ error: "Too many tests at once: try again in a minute." }, 503);
  });
  routes.post("/self-test/runs/:id/speak", async (context) => {
    const payloads: unknown = await context.req.json().catch(() => undefined);
    if (!isPayloads(payloads)) return context.json({ error: "Expected a list of payloads in base64." }, 400);
    const bytes = payloads.map((text) => new Uint8Array(Buffer.from(text, "base64")));
    const isThere = running().speak(context.req.param("id"), bytes);
    return isThere ? context.body(null, 204) : context.json({ error: "There is no such test any more." }, 404);
  });
  routes.post("/self-test/runs/:id/row", async (context) => {
    const row = parseRow(await context.req.json().catch(() => undefined));
    if (!row) return context.json({ error: "Expected the row of a self-test." }, 400);
    if (!(await running().end(context.req.param("id")))) {
      return context.json({ error: "There is no such test any more." }, 404);
    }
    told(row);
    return context.body(null, 204);
  });
  routes.use("/self-test", pagePolicy);
  routes.route("/", await pageFiles("self-test.html", "/self-test"));
  return { routes, path: `/self-test#${key}`, [Symbol.asyncDispose]: async () => runs?.[Symbol.asyncDispose]() };
}

function isKey(given: string | undefined, key: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(key)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isPayloads(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= maxPayloads && value.every(isPayload);
}

function isPayload(value: unknown): boolean {
  return typeof value === "string" && value.length <= maxPayloadText;
}
