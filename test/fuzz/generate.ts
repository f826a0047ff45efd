import { buildSei, escapeRbsp } from "@inband/h264";
import { u, ue } from "@inband/rig/bits";
import { concat, hostileByte, hostileBytes } from "@inband/rig/hostile-bytes";
import type { Random } from "@inband/rig/random";

/** Writes the syntax elements of an RBSP. ITU-T H.264 7.2, 9.1. */
export class BitWriter {
  #bits = "";

  u(count: number, value: number): this {
    this.#bits += u(value, count);
    return this;
  }

  ue(value: number): this {
    this.#bits += ue(value);
    return this;
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** The NAL unit of the header byte and what was written, escaped, with trailing bits. */
  nal(header: number): Uint8Array {
    const bits = `${this.#bits}1`;
    const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
    return escapeRbsp(Uint8Array.from([header, ...bytes.map((byte) => Number.parseInt(byte, 2))]));
  }
}

/** A valid SPS of random contents. */
export function sps(random: Random, id: number): Uint8Array {
  const profile = random.pick([66, 77, 88, 100, 100, 110, 244]);
  const writer = new BitWriter()
    .u(8, profile)
    .u(8, 0)
    .u(8, random.pick([10, 31, 42]))
    .ue(id);
  if (profile >= 100) {
    const chroma = random.integer(0, 3);
    writer.ue(chroma);
    if (chroma === 3) writer.u(1, random.integer(0, 1));
    writer.ue(0).ue(0).u(1, 0);
    if (random.oneIn(4)) {
      writer.u(1, 1);
      for (let list = 0; list < (chroma === 3 ? 12 : 8); list += 1) {
        if (random.oneIn(2)) writer.u(1, 0);
        else writer.u(1, 1).se(-8);
      }
    } else writer.u(1, 0);
  }
  writer.ue(random.integer(0, 12));
  const pocType = random.integer(0, 2);
  writer.ue(pocType);
  if (pocType === 0) writer.ue(random.integer(0, 12));
  if (pocType === 1) writer.u(1, random.integer(0, 1)).se(-3).se(2).ue(2).se(1).se(-1);
  writer.ue(1).u(1, 0).ue(random.integer(0, 200)).ue(random.integer(0, 200));
  const framesOnly = random.integer(0, 1);
  writer.u(1, framesOnly);
  if (!framesOnly) writer.u(1, random.integer(0, 1));
  writer.u(1, 1);
  if (random.oneIn(2)) writer.u(1, 0);
  else writer.u(1, 1).ue(0).ue(0).ue(0).ue(random.integer(0, 4));
  if (random.oneIn(2)) writer.u(1, 0);
  else {
    writer
      .u(1, 1)
      .u(1, 1)
      .u(8, random.pick([1, 14, 16, 17, 254]));
    writer
      .u(1, 0)
      .u(1, 0)
      .u(1, 0)
      .u(1, 1)
      .u(32, random.pick([0, 1, 1001]))
      .u(32, random.pick([0, 50, 60_000]));
    writer.u(1, 1).u(1, 0).u(1, 0).u(1, 0).u(1, 0);
  }
  return writer.nal(0x67);
}

/** A valid PPS of random contents. */
export function pps(random: Random, id: number, spsId: number): Uint8Array {
  const writer = new BitWriter().ue(id).ue(spsId).u(1, random.integer(0, 1)).u(1, random.integer(0, 1));
  const groups = random.oneIn(4) ? random.integer(1, 7) : 0;
  writer.ue(groups);
  if (groups > 0) {
    const type = random.integer(0, 6);
    writer.ue(type);
    if (type === 0) for (let group = 0; group <= groups; group += 1) writer.ue(3);
    if (type === 2) for (let group = 0; group < groups; group += 1) writer.ue(0).ue(5);
    if (type >= 3 && type <= 5) writer.u(1, 0).ue(2);
    if (type === 6) {
      writer.ue(9);
      for (let unit = 0; unit < 10; unit += 1) writer.u(Math.ceil(Math.log2(groups + 1)), 0);
    }
  }
  return writer.ue(0).ue(0).u(3, 0).se(-3).se(0).se(2).u(2, 0).u(1, random.integer(0, 1)).nal(0x68);
}

/** A slice whose header is at least the beginning of one. */
export function slice(random: Random, ppsId: number): Uint8Array {
  const writer = new BitWriter()
    .ue(random.pick([0, 0, 1, 40]))
    .ue(random.integer(0, 9))
    .ue(ppsId);
  for (let bits = random.integer(1, 12); bits > 0; bits -= 1) writer.u(8, hostileByte(random));
  const nal = writer.nal(random.pick([0x41, 0x41, 0x01, 0x65, 0x65, 0x42]));
  return random.oneIn(8) ? escapeRbsp(concat([nal, hostileBytes(random, random.length(4000)), [0x80]])) : nal;
}

/** A SEI NAL unit of a few messages, or nearly one. */
export function sei(random: Random): Uint8Array {
  const messages = Array.from({ length: random.integer(1, 4) }, () => ({
    payloadType: random.pick([0, 1, 4, 5, 5, 5, 5, 6, 229, 255, 261, 0x80]),
    payload: hostileBytes(random, random.pick([0, 1, 15, 16, 17, 40, 254, 255, 256, 300])),
  }));
  const nal = buildSei(messages);
  if (random.oneIn(8)) nal[0] = random.pick([0x26, 0x66, 0x86]);
  return random.oneIn(8) ? nal.slice(0, random.integer(1, nal.length)) : nal;
}

/** A NAL unit of any type. */
export function nalUnit(random: Random): Uint8Array {
  const kind = random.integer(0, 11);
  if (kind < 3) return slice(random, random.integer(0, 1));
  if (kind < 6) return sei(random);
  if (kind === 6) return sps(random, random.integer(0, 1));
  if (kind === 7) return pps(random, random.integer(0, 1), random.integer(0, 1));
  if (kind === 8) return Uint8Array.from([random.pick([9, 10, 11, 14, 14, 15, 19, 20]), random.integer(1, 255)]);
  const header = random.oneIn(16) ? hostileByte(random) : random.integer(1, 23) | random.pick([0, 0x20, 0x60]);
  return concat([[header], escapeRbsp(hostileBytes(random, random.length(400))), random.oneIn(4) ? [] : [0x80]]);
}

/** NAL units as an encoder would put them out, and not quite. */
export function nalUnits(random: Random): Uint8Array[] {
  const nals = random.oneIn(2) ? [sps(random, 0), pps(random, 0, 0)] : [];
  for (let count = random.length(24); count > 0; count -= 1) nals.push(nalUnit(random));
  return nals;
}

/** A byte stream with start codes of all kinds. */
export function annexB(random: Random): Uint8Array {
  const parts: (Uint8Array | number[])[] = random.oneIn(8) ? [hostileBytes(random, random.integer(1, 5))] : [];
  for (const nal of nalUnits(random)) {
    parts.push(new Array<number>(random.pick([0, 0, 1, 1, 1, 2, random.length(300)])).fill(0), [0, 0, 1], nal);
  }
  if (random.oneIn(4)) parts.push(random.pick([[0], [0, 0], [0, 0, 0, 0], [0, 0, 1], [0, 0, 0, 1]]));
  return concat(parts);
}

/** The NAL units of a sample, each behind its length. */
export function avcc(random: Random, lengthSize: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const nal of nalUnits(random)) {
    const length = random.oneIn(16) ? random.pick([0, 1, 255, nal.length + 1]) : nal.length;
    const field = Uint8Array.from([length >>> 24, length >>> 16, length >>> 8, length]);
    parts.push(field.slice(4 - lengthSize), lengthSize === 1 ? nal.slice(0, 255) : nal);
  }
  return concat(parts);
}

/** An RTP payload of RFC 6184, or nearly one. */
export function rtpPayload(random: Random): Uint8Array {
  const kind = random.integer(0, 9);
  if (kind === 0) return hostileBytes(random, random.length(64));
  if (kind < 4) return nalUnit(random);
  if (kind < 7) {
    const parts: (Uint8Array | number[])[] = [[24 | random.pick([0, 0x60])]];
    for (let count = random.integer(0, 11); count > 0; count -= 1) {
      const nal = nalUnit(random);
      const length = random.oneIn(16) ? random.pick([0, 1, nal.length + 1, 0xffff]) : nal.length;
      parts.push([length >> 8, length & 255], nal);
    }
    return concat(parts);
  }
  const type = random.oneIn(16) ? hostileByte(random) & 31 : random.pick([1, 5, 6]);
  const bits = random.pick([0x80, 0, 0, 0x40, random.oneIn(8) ? 0xc0 : 0x40]);
  return concat([
    [random.oneIn(16) ? random.pick([25, 26, 27, 29]) : 0x7c, bits | type],
    hostileBytes(random, random.length(100)),
  ]);
}
