import { fitText } from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe("fitText", () => {
  it("leaves alone what fits, and says so", () => {
    expect(fitText("hello", 5)).toEqual({ text: "hello", isCut: false });
    expect(fitText("h\u00e9llo", 6)).toEqual({ text: "h\u00e9llo", isCut: false });
    expect(fitText("", 0)).toEqual({ text: "", isCut: false });
  });

  it("never cuts within a character: not its bytes, its surrogates, its marks or its parts", () => {
    expect(fitText("hello", 4)).toEqual({ text: "hell", isCut: true });
    expect(fitText("\u00e9\u00e9", 3)).toEqual({ text: "\u00e9", isCut: true });
    expect(fitText("a\u{1F600}", 4)).toEqual({ text: "a", isCut: true });
    expect(fitText("ae\u0301", 2)).toEqual({ text: "a", isCut: true });
    const family = "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}";
    expect(fitText(`a${family}b`, bytes(family))).toEqual({ text: "a", isCut: true });
    expect(fitText("a\r\nb", 2)).toEqual({ text: "a", isCut: true });
    expect(fitText("\u{1F1E9}\u{1F1EA}\u{1F1EB}\u{1F1F7}", 12)).toEqual({ text: "\u{1F1E9}\u{1F1EA}", isCut: true });
    expect(fitText("\u{1F600}", 3)).toEqual({ text: "", isCut: true });
  });

  it("gives the longest whole beginning, whatever the text is", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(text, fc.nat(60), (given, limit) => {
        const characters = Array.from(new Intl.Segmenter().segment(given), ({ segment }) => segment);
        let expected = "";
        for (const character of characters) {
          if (bytes(expected + character) > limit) break;
          expected += character;
        }
        expect(fitText(given, limit)).toEqual({ text: expected, isCut: expected !== given });
      }),
    );
  });

  it("refuses a limit that is none", () => {
    for (const limit of [-1, 1.5, Number.NaN]) expect(() => fitText("a", limit)).toThrow("limitBytes");
  });
});
