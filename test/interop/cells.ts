import { expect } from "vitest";
import type { Peer, RunningReceiver, RunningSender } from "./ends.ts";
import { type Account, accountOf } from "./middles/account.ts";
import { payloadOf } from "./payload.ts";
import type { Binding, Place } from "./place.ts";
import { Tally } from "./tally.ts";

/** Whether this is `npm run test:interop`, which sends more and writes docs/interop.md. */
export const isWhole: boolean = process.env.INBAND_INTEROP === "whole";
const messages = isWhole ? 200 : 16;
/** The Amazon IVS SDK takes 10 240 bytes a second, with its copies. */
const everyMs = 120;
const startTimeoutMs = 60_000;

/** One receiver of a row of the matrix. */
export interface Column {
  readonly receiver: Peer & { readonly tellsCopies: boolean };
  /** Why messages of this sender are known not to reach it whole, for which it is not to blame. */
  readonly spoiled?: string | undefined;
  start(tally: Tally): Promise<RunningReceiver>;
}

/** What came of one sender at one receiver. */
export interface CellResult {
  readonly from: string;
  readonly to: string;
  readonly tellsCopies: boolean;
  readonly sent: number;
  readonly received: number;
  /** The numbers of the messages that did not arrive. */
  readonly missing: readonly number[];
  /** Of the server before it; undefined where that tells nothing. */
  readonly account: Account | undefined;
  readonly copies: number;
  readonly changed: number;
  readonly binding: Binding | undefined;
  /** Pictures decoded meanwhile; undefined where the receiver decodes none. */
  readonly pictures: number | undefined;
  /** Why there is nothing to count, or not all. */
  readonly failure: string | undefined;
  /** As `Column` has it. */
  readonly spoiled: string | undefined;
}

/** A column while its row is being run. */
class Cell {
  readonly column: Column;
  readonly tally: Tally = new Tally(messages);
  failure: string | undefined;

  constructor(column: Column) {
    this.column = column;
  }

  /** Notes the first line of what went wrong first. */
  fail(error: unknown): undefined {
    this.failure ??= (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  }
}

/** Sends messages to all these receivers at once. A receiver that fails holds up no other. */
export async function runCells(
  { name, running }: { readonly name: string; readonly running: RunningSender },
  columns: readonly Column[],
  meanwhile: (number: number) => Promise<void> = async () => {},
): Promise<CellResult[]> {
  const cells = columns.map((column) => new Cell(column));
  const open = new Map<Cell, RunningReceiver>();
  const unlessFailed = async <T>(cell: Cell, act: (receiver: RunningReceiver) => Promise<T>) => {
    const receiver = open.get(cell);
    return receiver && act(receiver).catch((error: unknown) => cell.fail(error));
  };
  for (const cell of cells) {
    await inTime(cell.column.start(cell.tally)).then(
      (receiver) => open.set(cell, receiver),
      (error) => cell.fail(error),
    );
  }
  const before = await Promise.all(cells.map((cell) => unlessFailed(cell, async (receiver) => receiver.decoded?.())));
  const sending: Promise<Place | undefined>[] = [];
  for (let number = 0; number < messages; number += 1) {
    const sent = running.send(payloadOf(number));
    sent.catch(() => {});
    sending.push(sent);
    await Promise.all([meanwhile(number), new Promise((resolve) => setTimeout(resolve, everyMs))]);
  }
  const isComplete = () =>
    cells.every((cell) => cell.tally.isComplete || cell.failure !== undefined || cell.column.spoiled);
  await expect
    .poll(isComplete, { timeout: 20_000 })
    .toBe(true)
    .catch(() => {});
  const after = await Promise.all(cells.map((cell) => unlessFailed(cell, async (receiver) => receiver.decoded?.())));
  await Promise.all(cells.map((cell) => unlessFailed(cell, (receiver) => receiver.close())));
  await running.close();
  const places = await placesOf(sending);
  return cells.map(({ column: { receiver, spoiled }, tally, failure }, index) => {
    const [decodedBefore, decodedAfter] = [before[index], after[index]];
    const { forwarding } = open.get(cells[index] as Cell) ?? {};
    return {
      from: name,
      to: receiver.name,
      tellsCopies: receiver.tellsCopies,
      sent: messages,
      received: tally.received,
      missing: tally.missing,
      account: forwarding && accountOf(tally, places, forwarding),
      copies: tally.copies,
      changed: tally.changed,
      binding: tally.binding(places),
      pictures: decodedAfter === undefined ? undefined : decodedAfter - (decodedBefore ?? 0),
      failure,
      spoiled,
    };
  });
}

/**
 * Expects at every receiver each message that the server before it, where it tells, has sent on: unchanged, once where the
 * receiver tells of each once, and on the picture of its sender. Of a sender that is known to spoil its video some may be
 * missing.
 */
export function expectWholeCells(results: readonly CellResult[]): void {
  const shown = results.map(({ to, missing, changed, failure, account, spoiled }) => ({
    ...{ to, changed, failure, unexplained: account?.unexplained ?? [] },
    missing: spoiled ? [] : missing.filter((number) => !account?.withheld.includes(number)),
  }));
  const whole = { changed: 0, failure: undefined, unexplained: [], missing: [] };
  expect(shown).toEqual(results.map(({ to }) => ({ to, ...whole })));
  for (const { to, received, tellsCopies, copies, binding, pictures } of results) {
    expect(received, `messages to ${to}`).toBeGreaterThan(0);
    if (!tellsCopies) expect(copies, `copies told by ${to}`).toBe(received);
    if (binding) expect(binding.right, `on the picture of the sender, by ${to}`).toBe(binding.compared);
    // A browser on a slow machine skips pictures, whose numbers nobody can read then.
    const least = binding?.by === "picture" ? received / 2 : received;
    if (binding) expect(binding.compared, `compared by ${to}`).toBeGreaterThanOrEqual(least);
    if (pictures !== undefined) expect(pictures, `pictures decoded by ${to}`).toBeGreaterThan(0);
  }
}

/** @throws Error where it hangs: the other receivers are not to wait for it. */
function inTime<T>(started: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, startTimeoutMs, new Error(`received nothing within ${startTimeoutMs / 1000} s`));
  });
  return Promise.race([started, late]).finally(() => clearTimeout(timer));
}

/** What the sender says of the picture of each message. */
async function placesOf(sending: readonly Promise<Place | undefined>[]): Promise<Map<number, Place>> {
  const places = new Map<number, Place>();
  for (const [number, sent] of sending.entries()) {
    const place = await sent;
    if (place) places.set(number, place);
  }
  return places;
}
