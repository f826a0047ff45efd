import { describe, expect, it } from "vitest";
import { LayerSteps } from "../src/server/forwarding/layer-steps.ts";

const sizes = [100, 200, 400];

/** A link whose reports come each second, with a share of packets that is lost while it gets so many pixels. */
function link(beginsLowest: boolean, lossAt: (pixels: number) => number) {
  const steps = new LayerSteps(beginsLowest, 0);
  let current = beginsLowest ? 100 : 400;
  let nowMs = 0;
  const layers: number[] = [];
  /** Goes on for so many seconds; the layers that were gone through, and when. */
  const goOn = (seconds: number) => {
    for (let tick = 0; tick < seconds * 4; tick += 1) {
      nowMs += 250;
      if (nowMs % 1000 === 0) steps.report(lossAt(current), nowMs);
      steps.step(sizes, current, nowMs);
      const next = Math.max(100, ...sizes.filter((size) => size <= steps.maxPixels));
      if (next !== current) layers.push(next);
      current = next;
    }
    return layers.splice(0);
  };
  return goOn;
}

describe("the layer of a subscriber's link", () => {
  it("is the largest where nothing is lost, and stays it", () => {
    expect(link(false, () => 0.01)(60)).toEqual([]);
  });

  it("rises step by step from the lowest where the subscriber began with that", () => {
    const goOn = link(true, () => 0);
    expect([goOn(3), goOn(2), goOn(60)]).toEqual([[200], [400], []]);
  });

  it("falls one step after two reports of heavy loss in a row, and at once after a severe one", () => {
    expect(link(false, (pixels) => (pixels === 400 ? 0.15 : 0))(3)).toEqual([200]);
    expect(link(false, (pixels) => (pixels === 400 ? 0.5 : 0))(1.25)).toEqual([200]);
    expect(link(false, (pixels) => (pixels > 100 ? 0.5 : 0))(4)).toEqual([200, 100]);
  });

  it("does not fall for a single report, nor for light loss", () => {
    let reports = 0;
    expect(link(false, () => (++reports % 2 === 0 ? 0.2 : 0.05))(30)).toEqual([]);
    expect(link(false, () => 0.08)(30)).toEqual([]);
  });

  it("tries the larger one again after quiet, each time later where that fails", () => {
    const goOn = link(false, (pixels) => (pixels === 400 ? 0.5 : 0));
    expect([goOn(2), goOn(12), goOn(15), goOn(10)]).toEqual([[200], [400, 200], [], [400, 200]]);
    expect(goOn(600).length).toBeLessThan(2 * 10);
  });
});
