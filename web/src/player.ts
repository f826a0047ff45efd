import { element } from "./element.ts";

const player = element("player");
const captions = element("captions-button");
const fullscreen = element("fullscreen-button");

/** The buttons on the picture. Full screen takes the whole player, so that the captions stay on the frames. */
export function startControls(): void {
  captions.addEventListener("click", () => {
    const on = player.dataset.captions !== "on";
    player.dataset.captions = on ? "on" : "off";
    captions.ariaPressed = String(on);
  });
  fullscreen.hidden = !document.fullscreenEnabled;
  fullscreen.addEventListener("click", () => {
    void (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()).catch(() => undefined);
  });
  document.addEventListener("fullscreenchange", () => {
    fullscreen.ariaLabel = document.fullscreenElement ? "Leave full screen" : "Full screen";
    fullscreen.title = fullscreen.ariaLabel;
  });
}
