/** What came of numbered messages on one way to a page. */
export interface PathFigures {
  readonly sent: number;
  readonly received: number;
  readonly twice: number;
  /** Received with the bytes that were sent. */
  readonly exact: number;
  /** Of those whose frame was seen on the screen. */
  readonly onFrame: number;
  /** Messages whose frame was on the screen and could be read. */
  readonly framesSeen: number;
  readonly framesDecoded: number;
  /** Why there is less than there should be, as the page knows it. */
  readonly problem: string | undefined;
}

/** The ways that are tested. */
export const pathNames = ["fromPage", "fromNode"] as const;

/** What a browser can do, and what it did. */
export interface SelfTestRow {
  readonly userAgent: string;
  /** By name; a text says more than yes or no. */
  readonly abilities: Readonly<Record<string, boolean | string>>;
  readonly fromPage: PathFigures;
  readonly fromNode: PathFigures;
}

const maxTextLength = 500;
const maxAbilities = 40;

/** The row in what a page has sent; undefined where it is none. */
export function parseRow(value: unknown): SelfTestRow | undefined {
  const { userAgent, abilities, fromPage, fromNode } = Object(value);
  const [page, node] = [figuresOf(fromPage), figuresOf(fromNode)];
  const named = Object.entries(Object(abilities)).slice(0, maxAbilities);
  if (!isText(userAgent) || !page || !node || !named.every(isAbility)) return undefined;
  return { userAgent, abilities: Object.fromEntries(named), fromPage: page, fromNode: node };
}

function figuresOf(value: unknown): PathFigures | undefined {
  const { problem, ...figures } = Object(value);
  const { sent, received, twice, exact, onFrame, framesSeen, framesDecoded } = figures;
  const numbers = { sent, received, twice, exact, onFrame, framesSeen, framesDecoded };
  if (!Object.values(numbers).every((figure) => Number.isSafeInteger(figure) && figure >= 0)) return undefined;
  if (problem !== undefined && !isText(problem)) return undefined;
  return { ...numbers, problem };
}

function isAbility(entry: [string, unknown]): entry is [string, boolean | string] {
  const [name, value] = entry;
  return isText(name) && (typeof value === "boolean" || isText(value));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxTextLength;
}
