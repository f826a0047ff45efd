import { allowSending } from "./composer.ts";
import { element } from "./element.ts";

export type ViewerState = "connecting" | "live" | "stalled" | "reconnecting" | "error";

const status = element("status");
const player = element("player");
const texts = {
  status: element("status-text"),
  title: element("notice-title"),
  text: element("notice-text"),
};
const retry = element<HTMLButtonElement>("retry");

/** Says everywhere on the page how the video is doing. */
export function showState(state: ViewerState, title: string, text = ""): void {
  status.dataset.state = state;
  player.dataset.state = state;
  if (texts.status.textContent !== title) texts.status.textContent = title;
  texts.title.textContent = title;
  texts.text.textContent = text;
  retry.hidden = state !== "error" && state !== "reconnecting";
  retry.textContent = state === "reconnecting" ? "Try now" : "Try again";
  allowSending(state === "live" || state === "stalled");
}

export function onRetry(listener: () => void): void {
  retry.addEventListener("click", listener);
}
