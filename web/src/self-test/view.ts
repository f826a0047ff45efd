import { create, element } from "../element.ts";
import type { Abilities } from "./abilities.ts";
import type { Figures, PathName, Row } from "./row.ts";

const status = element("status");
const pathNames: readonly PathName[] = ["fromPage", "fromNode"];

/** Shows what is known while the test runs. */
export function showRow(row: Row, progress: number): void {
  say("connecting", "Testing", "Testing this browser");
  element("advice").textContent =
    "It publishes a moving picture with messages in it through the stage, and receives them again.";
  element("progress").style.width = `${Math.round(progress * 100)}%`;
  element("agent").textContent = row.userAgent;
  showAbilities(row.abilities);
  for (const name of pathNames) showPath(name, row[name], row[name].received > 0 ? "running" : "waiting");
}

/** Says what the row means. */
export function showVerdict(row: Row): void {
  const states = pathNames.map((name) => {
    const state = stateOf(row[name]);
    showPath(name, row[name], state);
    return state;
  });
  element("progress").style.width = "100%";
  if (states.every((state) => state === "good")) {
    say("live", "Passed", "Everything works here");
    advise(
      "Every message arrived once, byte for byte and on its frame, both ways. The terminal has this row, too.",
      compared,
    );
  } else if (states.includes("good") || row.fromNode.received === row.fromNode.sent) {
    say("stalled", "In part", "Some of it works here");
    advise("The cards below say what is missing. The terminal has this row, too.", compared);
  } else {
    say("error", "Failed", "Messages are missing");
    advise("The cards below say what came and what did not. The terminal has this row, too.", compared);
  }
}

/** Says why there is no row. */
export function showFailure(message: string): void {
  say("error", "Not run", "The test could not run");
  advise(message);
}

function say(state: string, text: string, verdict: string): void {
  status.dataset.state = state;
  element("verdict").dataset.state = state;
  element("status-text").textContent = text;
  element("verdict").textContent = verdict;
}

/** Why fewer messages are compared with their frames than came. */
const compared = "On their frame: of the messages whose frame was on the screen. Browsers do not show every frame.";

function advise(...sentences: string[]): void {
  element("advice").textContent = sentences.join(" ");
}

function stateOf({ sent, received, twice, exact, onFrame, framesSeen, problem }: Figures): string {
  if (sent === 0 || received === 0) return "bad";
  const isWhole = received === sent && exact === sent && twice === 0 && onFrame === framesSeen;
  return isWhole && problem === undefined ? "good" : "part";
}

function showPath(name: PathName, figures: Figures, state: string): void {
  const card = element(name);
  card.dataset.state = state;
  const { onFrame, framesSeen, problem, ...numbers } = figures;
  const texts: Readonly<Record<string, string | number>> = {
    ...numbers,
    frames: framesSeen > 0 ? `${onFrame} of ${framesSeen}` : "\u2013",
    problem: problem ?? "",
  };
  for (const part of card.querySelectorAll<HTMLElement>("[data-figure]")) {
    part.textContent = String(texts[part.dataset.figure ?? ""] ?? "");
    if (part.dataset.figure === "problem") part.hidden = problem === undefined;
  }
}

function showAbilities(able: Abilities): void {
  const items = Object.entries(able).map(([name, value]) => {
    const item = create("li", value === false ? "no" : "yes", name);
    item.append(create("span", "", value === true ? "yes" : value === false ? "no" : value));
    return item;
  });
  element("abilities").replaceChildren(...items);
}
