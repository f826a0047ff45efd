import { existsSync } from "node:fs";
import { type Browser, launch } from "puppeteer-core";

/** Where Debian, and where a Firefox by hand, puts it. */
const places = [process.env.FIREFOX_PATH, "/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** The Firefox that is installed; undefined where there is none. */
export function findFirefox(): string | undefined {
  return places.find((place) => place !== undefined && existsSync(place));
}

/** Starts a Firefox that connects over loopback, and plays without being asked. The caller closes it. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return launch({
    browser: "firefox",
    executablePath,
    headless: true,
    extraPrefsFirefox: {
      "media.peerconnection.ice.loopback": true,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      "media.autoplay.default": 0,
      // It would ask the network for a plugin with H.264.
      "media.gmp-manager.updateEnabled": false,
    },
  });
}
