import { type AccessUnit, buildSei, NalUnitType, nalUnitType, parseSei, type SeiMessage } from "@inband/h264";
import { openSink, openSource } from "@inband/media";

/**
 * A hop that reads a stream, does one thing to its SEI, and passes it on: what a server with a defect does.
 * `node relay.ts WHAT FROM TO`
 */
const [what = "", from = "", to = ""] = process.argv.slice(2);

/** Bytes of a message that a truncator leaves. */
const leftBytes = 256;

const rewrites: Readonly<Record<string, (sei: readonly Uint8Array[]) => Uint8Array[]>> = {
  truncate: (sei) => sei.map((nal) => buildSei(parseSei(nal).map(cut))),
  merge: (sei) => (sei.length === 0 ? [] : [buildSei(sei.flatMap(parseSei))]),
  double: (sei) => sei.flatMap((nal) => [nal, nal]),
  reverse: (sei) => sei.toReversed().map((nal) => buildSei(parseSei(nal).toReversed())),
};

function cut({ payloadType, payload }: SeiMessage): SeiMessage {
  return { payloadType, payload: payload.subarray(0, leftBytes) };
}

function rewritten(accessUnit: AccessUnit): AccessUnit {
  const isSei = (nal: Uint8Array) => nalUnitType(nal) === NalUnitType.Sei;
  const { nalUnits } = accessUnit;
  const at = nalUnits.findIndex(isSei);
  if (at < 0) return accessUnit;
  const sei = rewrites[what]?.(nalUnits.filter(isSei)) ?? [];
  const others = nalUnits.filter((nal) => !isSei(nal));
  return { ...accessUnit, nalUnits: [...others.slice(0, at), ...sei, ...others.slice(at)] };
}

await using source = await openSource(from);
await using sink = await openSink(to);
for await (const packet of source) if (packet.kind === "video") sink.write(rewritten(packet));
