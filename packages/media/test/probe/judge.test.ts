import {
  type AccessUnit,
  buildSei,
  isVclNalUnit,
  NalUnitType,
  nalUnitType,
  parseSei,
  type SeiMessage,
  SeiPayloadType,
} from "@inband/h264";
import { explain, judge, Probe, type ProbeVerdict } from "@inband/media/probe";
import { bytes } from "@inband/rig/arbitraries";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probed, video } from "./video.ts";

it("judges what was sent for hours", () => {
  const units = Array.from({ length: 200_000 }, (_, index) => ({
    slices: [Uint8Array.of(0x41, index >> 16, index >> 8, index)],
    timestamp: index * 33_333,
  }));
  const pictures = units.map((unit) => ({ ...unit, isKeyFrame: false, messages: [], others: 0 }));
  const came = units.map(({ slices, timestamp }) => ({ nalUnits: slices, timestamp }));
  expect(judge({ id: "abcdef", pictures }, came).pictures).toMatchObject({ outcome: "whole", whole: 200_000 });
});

type Path = (accessUnits: AccessUnit[]) => AccessUnit[];

/** Rewrites the SEI NAL units of each access unit. */
function seiBy(rewrite: (sei: Uint8Array[], index: number) => Uint8Array[]): Path {
  return (accessUnits) =>
    accessUnits.map((one, index) => {
      const isSei = (nal: Uint8Array) => nalUnitType(nal) === NalUnitType.Sei;
      const slices = one.nalUnits.filter(isVclNalUnit);
      const sets = one.nalUnits.filter((nal) => !isSei(nal) && !isVclNalUnit(nal));
      return { ...one, nalUnits: [...sets, ...rewrite(one.nalUnits.filter(isSei), index), ...slices] };
    });
}

/** Rewrites the messages in each SEI NAL unit. */
function messagesBy(rewrite: (messages: SeiMessage[]) => SeiMessage[]): Path {
  return seiBy((sei) =>
    sei.flatMap((nal) => {
      const messages = rewrite(parseSei(nal));
      return messages.length === 0 ? [] : [buildSei(messages)];
    }),
  );
}

function reencoded(accessUnits: AccessUnit[], keeps: boolean): AccessUnit[] {
  return accessUnits.map((one) => ({
    ...one,
    timestamp: one.timestamp + 1_400_000,
    nalUnits: one.nalUnits
      .filter((nal) => keeps || nalUnitType(nal) !== NalUnitType.Sei)
      .map((nal) => (isVclNalUnit(nal) ? Uint8Array.of(...nal, 0x77) : nal)),
  }));
}

const userData = SeiPayloadType.UserDataUnregistered;

/** What a path is found to do to 70 pictures. */
function through(path: Path, expected: "between" | "all" = "between"): ProbeVerdict {
  const { probe, sent } = probed(video(70));
  return judge(probe, path(sent), { expect: expected });
}

const codes = (verdict: ProbeVerdict) => explain(verdict).map(({ code }) => code);

describe("a verdict", () => {
  it("tells messages of another payload type, which readers of user data do not find, as changed", () => {
    const asZego = messagesBy((messages) => messages.map((one) => ({ ...one, payloadType: 243 })));
    const { counts } = through(asZego);
    expect(counts.changed).toBe(counts.sent);
  });

  it("of a path that does nothing is that all was kept", () => {
    const verdict = through((sent) => sent, "all");
    expect(verdict.isIntact).toBe(true);
    expect(verdict.counts).toEqual({
      ...{ sent: 110, kept: 110, truncated: 0, changed: 0, stripped: 0, merged: 0, moved: 0, doubled: 0, reordered: 0 },
    });
    expect(verdict.pictures).toMatchObject({ outcome: "whole", sent: 70, received: 70, whole: 70 });
    expect(verdict.others.received).toBe(verdict.others.sent);
    expect(explain(verdict)).toEqual([]);
  });

  it("asks of an end that joined late and left early only for what was sent in between", () => {
    const verdict = through((sent) => sent.slice(20, 50));
    expect(verdict.isIntact).toBe(true);
    expect(verdict.pictures.sent).toBe(30);
    expect(through((sent) => sent.slice(20, 50), "all").counts.stripped).toBeGreaterThan(0);
  });

  it("leaves out a last picture that an end was left in the middle of", () => {
    const cut = (sent: AccessUnit[], slice: (whole: Uint8Array) => Uint8Array[]) => {
      const last = sent[50] as AccessUnit;
      const nalUnits = [...last.nalUnits.slice(0, -1), ...slice(last.nalUnits.at(-1) as Uint8Array)];
      return [...sent.slice(20, 50), { ...last, nalUnits }];
    };
    for (const slice of [(whole: Uint8Array) => [whole.subarray(0, 30)], () => []]) {
      const verdict = through((sent) => cut(sent, slice));
      expect(verdict.isIntact).toBe(true);
      expect(verdict.pictures).toMatchObject({ outcome: "whole", sent: 30 });
    }
    expect(through((sent) => cut(sent, (whole) => [Uint8Array.of(...whole, 1)])).pictures.foreign).toBe(1);
  });

  it("of a filter for NAL unit type 6 names it", () => {
    const verdict = through(seiBy(() => []));
    expect(verdict.counts).toMatchObject({ kept: 0, stripped: verdict.counts.sent });
    expect(verdict.pictures.outcome).toBe("whole");
    expect(codes(verdict)).toEqual(["sei-dropped"]);
  });

  it("of a filter for payload type 5 tells it from one for all SEI", () => {
    const filter = messagesBy((all) => all.filter(({ payloadType }) => payloadType !== userData));
    expect(codes(through(filter))).toEqual(["user-data-dropped"]);
  });

  it("of a transcoder says that the pictures were encoded again", () => {
    const verdict = through((sent) => reencoded(sent, false));
    expect(verdict.pictures.outcome).toBe("re-encoded");
    expect(verdict.counts.stripped).toBe(verdict.counts.sent);
    expect(codes(verdict)).toEqual(["re-encoded"]);
    expect(verdict.isIntact).toBe(false);
  });

  it("of a transcoder that writes SEI again says so, and is intact", () => {
    const verdict = through((sent) => reencoded(sent, true));
    expect(verdict.counts).toMatchObject({ kept: verdict.counts.sent, moved: 0 });
    expect(explain(verdict)).toMatchObject([{ code: "re-encoded", isHarm: false }]);
    expect(verdict.isIntact).toBe(true);
  });

  it("of a truncator says how much comes whole", () => {
    const verdict = through(
      messagesBy((all) =>
        all.map(({ payloadType, payload }) => ({
          payloadType,
          payload: payload.subarray(0, payloadType === 5 ? 256 : 99),
        })),
      ),
    );
    expect(verdict.counts.truncated).toBeGreaterThan(20);
    expect(verdict.counts.truncated + verdict.counts.kept).toBe(verdict.counts.sent);
    expect(codes(verdict)).toEqual(["size-cut"]);
    expect(explain(verdict)[0]?.message).toContain("Messages of 257 bytes");
  });

  it("of a truncator that cuts NAL units off in the middle of a message says the same", () => {
    const verdict = through(seiBy((sei) => sei.map((nal) => (nal.length > 400 ? nal.subarray(0, 400) : nal))));
    expect(verdict.counts.truncated).toBeGreaterThan(10);
    expect(verdict.counts.changed).toBe(0);
    expect(verdict.isIntact).toBe(false);
  });

  it("sees messages that are cut before their number", () => {
    const verdict = through(
      messagesBy((all) => all.map(({ payloadType, payload }) => ({ payloadType, payload: payload.subarray(0, 20) }))),
    );
    expect(verdict.counts.stripped).toBe(0);
    expect(verdict.messages.filter(({ bytes: came }) => came === 20).length).toBeGreaterThan(20);
  });

  it("of a size limit names it", () => {
    expect(explain(through(messagesBy((all) => all.filter(({ payload }) => payload.length <= 510))))[0]).toMatchObject({
      code: "size-limit",
      message: expect.stringContaining("511"),
    });
  });

  it("of a merger says merged, and that nothing is lost", () => {
    const verdict = through(seiBy((sei) => (sei.length === 0 ? [] : [buildSei(sei.flatMap(parseSei))])));
    expect(verdict.counts.kept).toBe(verdict.counts.sent);
    expect(verdict.counts.merged).toBeGreaterThan(30);
    expect(explain(verdict)).toMatchObject([{ code: "merged", isHarm: false }]);
    expect(verdict.isIntact).toBe(true);
  });

  it("of a hop that keeps one NAL unit, or one message of each, names it", () => {
    expect(codes(through(seiBy((sei) => sei.slice(0, 1))))).toEqual(["first-nal-unit-only"]);
    expect(codes(through(messagesBy((all) => all.slice(0, 1))))).toEqual(["first-message-only"]);
  });

  it("of a filter by UUID names the UUID", () => {
    const [explanation] = explain(
      through(messagesBy((all) => all.filter(({ payload }) => payload[0] !== 0x9e || payload[1] !== 0x50))),
    );
    expect(explanation?.code).toBe("uuid-filtered");
    expect(explanation?.message).toContain("9e504ea5-ee5a-4f02-949f-b033a3768da2");
  });

  it("of a hop that unescapes twice names emulation prevention", () => {
    const squeeze = (payload: Uint8Array) => {
      const out: number[] = [];
      for (const byte of payload) if (!(byte === 3 && out.at(-1) === 0 && out.at(-2) === 0)) out.push(byte);
      return Uint8Array.from(out);
    };
    const verdict = through(messagesBy((all) => all.map((one) => ({ ...one, payload: squeeze(one.payload) }))));
    expect(verdict.counts.changed).toBeGreaterThan(0);
    expect(verdict.counts.stripped).toBe(0);
    expect(codes(verdict)).toEqual(["escaping"]);
  });

  it("of a hop that doubles messages, or pictures, counts them", () => {
    const messages = through(seiBy((sei) => [...sei, ...sei]));
    expect(messages.counts.doubled).toBe(messages.counts.sent);
    expect(codes(messages)).toContain("doubled");
    const pictures = through((sent) => sent.flatMap((one, index) => (index === 30 ? [one, one] : [one])));
    expect(pictures.pictures).toMatchObject({ outcome: "suffered", doubled: 1 });
    expect(codes(pictures)).toContain("pictures-added");
  });

  it("of a hop that reorders messages counts the late ones", () => {
    const verdict = through(messagesBy((all) => all.toReversed()));
    expect(verdict.counts.reordered).toBe(30);
    expect(verdict.counts.kept).toBe(verdict.counts.sent);
    expect(codes(verdict)).toEqual(["reordered"]);
  });

  it("of a hop that moves messages to the next picture counts them", () => {
    let held: Uint8Array[] = [];
    const verdict = through(
      seiBy((sei) => {
        const before = held;
        held = sei;
        return before;
      }),
    );
    expect(verdict.counts.moved).toBeGreaterThan(100);
    expect(codes(verdict)).toContain("moved");
  });

  it("tells messages that went with their pictures from those that were stripped", () => {
    const verdict = through((sent) => sent.filter((_, index) => index < 31 || index > 36));
    expect(verdict.pictures).toMatchObject({ outcome: "suffered", missing: 6 });
    expect(codes(verdict)).toEqual(["pictures-lost"]);
  });

  it("sees pictures whose slices were cut or are out of order", () => {
    const cut = through((sent) =>
      sent.map((one, index) =>
        index === 33 ? { ...one, nalUnits: [...one.nalUnits, one.nalUnits.at(-1) as Uint8Array] } : one,
      ),
    );
    expect(cut.pictures).toMatchObject({ outcome: "suffered", changed: 1, missing: 0 });
    const swapped = through((sent) => [
      ...sent.slice(0, 30),
      ...[sent[31], sent[30]].map((one) => one as AccessUnit),
      ...sent.slice(32),
    ]);
    expect(swapped.pictures).toMatchObject({ outcome: "suffered", reordered: 1 });
  });

  it("finds its place in a clip that was played over and over, without its messages too", () => {
    const clip = video(20);
    const { probe, sent } = probed(Array.from({ length: 80 }, (_, index) => clip[index % 20] as AccessUnit));
    const kept = judge(probe, sent.slice(25, 70));
    expect(kept.isIntact).toBe(true);
    expect(kept.pictures).toMatchObject({ sent: 45, whole: 45 });
    const stripped = judge(probe, seiBy(() => [])(sent.slice(25, 70)));
    expect(stripped.pictures).toMatchObject({ outcome: "whole", sent: 45 });
    expect(stripped.counts.stripped).toBe(stripped.counts.sent);
  });

  it("of an end where nothing came says so", () => {
    const verdict = through(() => []);
    expect(verdict.pictures.outcome).toBe("none");
    expect(codes(verdict)).toEqual(["no-video"]);
    expect(verdict.isIntact).toBe(false);
  });

  it("is not moved by messages of another probe or by anybody's user data", () => {
    const { probe, sent } = probed(video(70));
    const foreign = new Probe({ id: "zzz999" });
    const verdict = judge(
      probe,
      sent.map((one) => foreign.insert(one)),
    );
    expect(verdict.counts.kept).toBe(verdict.counts.sent);
    expect(verdict.counts.doubled).toBe(0);
  });

  it("never throws for any bytes, and never forges a message", () => {
    const { probe } = probed(video(20));
    fc.assert(
      fc.property(fc.array(fc.array(bytes(80), { maxLength: 4 }), { maxLength: 20 }), (received) => {
        const verdict = judge(
          probe,
          received.map((nalUnits, index) => ({ nalUnits, timestamp: index })),
        );
        expect(verdict.counts.kept).toBe(0);
        explain(verdict);
      }),
    );
  });

  it("accounts for each message once, whatever subset of SEI NAL units comes in whatever order", () => {
    const { probe, sent } = probed(video(20));
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }), (fates) => {
        const received = seiBy((sei, index) => {
          const fate = fates[index];
          if (fate === 0) return sei;
          return fate === 1 ? [] : fate === 2 ? sei.toReversed() : sei.slice(1);
        })(sent);
        const { counts, messages } = judge(probe, received, { expect: "all" });
        expect(counts.sent).toBe(probe.messages);
        expect(counts.kept + counts.truncated + counts.changed + counts.stripped).toBe(counts.sent);
        expect(counts.truncated + counts.changed + counts.doubled + counts.moved).toBe(0);
        expect(messages.map(({ message }) => message.number)).toEqual(messages.map((_, index) => index));
      }),
    );
  });
});
