import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { buildSei, buildUserDataUnregistered, insertSei, joinAnnexB, NalUnitType, nalUnitType } from "@inband/h264";
import { openSink } from "@inband/media";
import { type InspectReport, inspect } from "@inband/media/inspect";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { hex } from "@inband/rig/hex";
import { runInband } from "@inband/rig/inband-process";
import { suiteFolder } from "@inband/rig/test-folder";
import { beforeAll, describe, expect, it } from "vitest";

const uuid = hex("73fe4a2c0b554d3c8155c37ebacbdefc");
const uuidText = "73fe4a2c-0b55-4d3c-8155-c37ebacbdefc";

describe("inband inspect", () => {
  const path = suiteFolder();
  /** Three access units of one slice, the second with two messages of user data. */
  let nalUnits: Uint8Array[];
  const userData = [new Uint8Array(0), new Uint8Array(300)].map((payload) =>
    buildUserDataUnregistered({ uuid, payload }),
  );

  beforeAll(async () => {
    const sei = buildSei(userData.map((payload) => ({ payloadType: 5, payload })));
    const encoded = await encodedPictures({ width: 128, height: 96, framerate: 10, frames: 3 });
    nalUnits = encoded.flatMap((accessUnit, index) => {
      // x264 writes its settings in a message of its own.
      const plain = accessUnit.nalUnits.filter((nal) => nalUnitType(nal) !== NalUnitType.Sei);
      return insertSei({ ...accessUnit, nalUnits: plain }, index === 1 ? [sei] : []).nalUnits;
    });
  });

  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await writeFile(path(name), bytes);
    return path(name);
  };
  const rules = (report: InspectReport): string[] => report.findings.map(({ rule }) => rule);

  it("prints one object of JSON, with the hash of UUID and payload", async () => {
    const { code, stdout, stderr } = await runInband([
      "inspect",
      await write("a.h264", joinAnnexB(nalUnits)),
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      format: "annexb",
      accessUnits: 3,
      nalUnits: { 1: 2, 5: 1, 6: 1, 7: 1, 8: 1 },
      sei: { 5: 2 },
      userData: userData.map((bytes) => ({
        uuid: uuidText,
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      })),
      findings: [],
    });
  });

  it("tells people what the types mean and whose the user data is", async () => {
    const file = await write("b.h264", joinAnnexB([...nalUnits, Uint8Array.of(0x66, 5, 0x80)]));
    const { code, stdout } = await runInband(["inspect", file, "--lint"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/b\.h264 +annexb, 3 access units, 7 NAL units/);
    expect(stdout).toMatch(/7 +sequence parameter set +1/);
    expect(stdout).toMatch(/5 +user_data_unregistered +2/);
    expect(stdout).toMatch(new RegExp(`${uuidText} +inband +2 +332`));
    expect(stdout).toMatch(/H\.264 7\.4\.1\n +error +nal-ref-idc: nal_ref_idc is 3 for type 6/);
  });

  it("prints a table of 180 000 UUIDs", async () => {
    const message = (index: number): Uint8Array => {
      const uuid = Buffer.alloc(16, 0x55);
      uuid.writeUInt32BE(index, 0);
      return buildUserDataUnregistered({ uuid, payload: new Uint8Array() });
    };
    const messages = [0, 60_000, 120_000].map((from) =>
      buildSei(Array.from({ length: 60_000 }, (_, index) => ({ payloadType: 5, payload: message(from + index) }))),
    );
    const file = await write("many.h264", joinAnnexB([...messages, Uint8Array.of(0x65, 0x88, 0x80, 1)]));
    const { code, stdout } = await runInband(["inspect", file]);
    expect(code).toBe(0);
    expect(stdout.match(/^ +[0-9a-f]{8}-5555-/gm)).toHaveLength(180_000);
  });

  it("reads the standard input where - stands for a file", async () => {
    const { code, stdout } = await runInband(["inspect", "-", "--json"], joinAnnexB(nalUnits));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: "annexb", accessUnits: 3, sei: { 5: 2 } });
  });

  it("reports a standard input that no pipe can carry, or that is empty, as it reports a file, and says why", async () => {
    const sink = await openSink(path("indexed-last.mp4"));
    for (const accessUnit of await encodedPictures({
      width: 640,
      height: 360,
      framerate: 10,
      frames: 100,
      bitrate: 4_000_000,
    })) {
      sink.write(accessUnit);
    }
    await sink.finish();
    const mp4 = await readFile(path("indexed-last.mp4"));
    const { code, stdout } = await runInband(["inspect", "-", "--json"], mp4);
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as InspectReport;
    expect(findings.map(({ message }) => message)).toEqual([expect.stringContaining("-movflags +faststart")]);
    const read = await runInband(["subscribe", "-"], mp4);
    expect(read).toMatchObject({ code: 1, stderr: expect.stringContaining("-movflags +faststart") });
    const empty = await runInband(["inspect", "-", "--json"], "");
    expect(empty.code).toBe(0);
    expect(JSON.parse(empty.stdout)).toMatchObject({ accessUnits: 0, findings: [{ severity: "error" }] });
  });

  it("ends with 1 where it is asked to lint and finds an error, and with 0 otherwise", async () => {
    const broken = await write("broken.h264", joinAnnexB([...nalUnits, Uint8Array.of(0x66, 5, 0x80)]));
    const right = await write("right.h264", joinAnnexB(nalUnits));
    for (const [args, code] of [
      [[right, "--lint"], 0],
      [[broken], 0],
      [[broken, "--lint"], 1],
      [[broken, "--lint", "--json"], 1],
    ] as const) {
      expect(await runInband(["inspect", ...args])).toMatchObject({ code, stderr: "" });
    }
  });

  it("adds the rules that are broken only when it is asked to lint", async () => {
    const reference = nalUnits.map((nal) => (nal[0] === 6 ? Uint8Array.of(0x66, ...nal.subarray(1)) : nal));
    const file = await write("c.h264", joinAnnexB(reference));
    expect(rules(await inspect(file))).toEqual([]);
    const linted = await inspect(file, { lint: true });
    expect(linted.findings).toMatchObject([{ rule: "nal-ref-idc", clause: "H.264 7.4.1", accessUnit: 1, nalUnit: 0 }]);
  });

  it("counts the whole messages of a broken SEI, and reports the rest", async () => {
    const broken = buildSei([
      { payloadType: 1, payload: Uint8Array.of(0, 0, 1) },
      { payloadType: 5, payload: userData[1] as Uint8Array },
    ]).slice(0, -40);
    const short = buildSei([{ payloadType: 5, payload: new Uint8Array(15) }]);
    const report = await inspect(await write("d.h264", joinAnnexB([...nalUnits, broken, short])));
    expect(rules(await inspect(path("d.h264"), { lint: true })).filter((rule) => rule === "sei-size").length).toBe(1);
    expect(report.sei).toEqual({ 1: 1, 5: 3 });
    expect(report.userData.length).toBe(2);
    expect(rules(report)).toEqual(["sei-size", "user-data-uuid", "no-vcl"]);
  });

  it("lists at most a hundred findings of a kind, and how many more there are", async () => {
    const forbidden = Array.from({ length: 250 }, () => Uint8Array.of(0x81, 1));
    const report = await inspect(await write("e.h264", joinAnnexB([...nalUnits, ...forbidden])));
    expect(report.nalUnits[1]).toBe(252);
    expect(report.findings.length).toBe(101);
    expect(report.findings.at(-1)?.message).toMatch(/^150 more/);
  });

  it("reports a file that is no video like any other", async () => {
    const { code, stdout, stderr } = await runInband([
      "inspect",
      await write("empty.h264", new Uint8Array()),
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as InspectReport;
    expect(report).toMatchObject({ format: "unknown", accessUnits: 0, nalUnits: {}, sei: {}, userData: [] });
    expect(rules(report)).toEqual(["empty"]);
    expect(rules(await inspect(await write("text.md", Buffer.from("# Not a video\n"))))).toEqual(["unknown-format"]);
  });

  it("says in one sentence that there is no such file, or that it is a folder", async () => {
    const missing = await runInband(["inspect", path("missing.mp4"), "--json"]);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr.trim()).toBe(`There is no file "${path("missing.mp4")}".`);
    const directory = await runInband(["inspect", path("")]);
    expect(directory).toMatchObject({ code: 1, stdout: "" });
    expect(directory.stderr.trim()).toMatch(/is a folder/);
  });

  it("reports what it has read when it is told to end", async () => {
    const file = await write("f.h264", Buffer.concat(Array.from({ length: 2000 }, () => joinAnnexB(nalUnits))));
    const ending = new AbortController();
    const report = await inspect(file, { signal: ending.signal, opened: () => ending.abort() });
    expect(rules(report)).toContain("stopped");
    expect(report.accessUnits).toBeLessThan(6000);
  });
});
