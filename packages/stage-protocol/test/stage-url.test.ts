import { followedUrl, RemoteError, stageUrl } from "@inband/stage-protocol";
import { expect, it } from "vitest";

it("refuses the address of a stage that holds a user or a password, and repeats neither", () => {
  for (const url of [
    "https://alice:secret@stage.test/publish/me",
    "https://secret@stage.test/",
    "https://:secret@stage.test/",
  ]) {
    expect(() => stageUrl(url)).toThrow(TypeError);
    expect(() => stageUrl(url)).toThrow(/^url: leave the user and the password out/);
    expect(() => followedUrl(new URL("https://stage.test/"), url, 307, [])).toThrow(RemoteError);
    expect(() => followedUrl(new URL("https://stage.test/"), url, 307, [])).not.toThrow(/secret/);
  }
  expect(() => stageUrl("no URL")).toThrow(/^url: expected the URL of a stage$/);
  expect(stageUrl("/publish/me", "https://stage.test/page").href).toBe("https://stage.test/publish/me");
});
