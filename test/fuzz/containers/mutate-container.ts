import type { Random } from "@inband/rig/random";

/** Where containers keep what they say of the rest, their beginning and end are. */
const edgeBytes = 4096;
const values = [0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** A container with one to eight changes, which mostly hit its tables. */
export function mutateContainer(container: Uint8Array, random: Random): Uint8Array {
  let bytes = new Uint8Array(container);
  const tables = tablesOf(container);
  const place = (): number => {
    const table = random.pick(tables);
    if (random.oneIn(4) || bytes.length === 0) return random.integer(0, Math.max(0, bytes.length - 1));
    return Math.min(Math.max(0, bytes.length - 1), table + random.integer(0, 40));
  };
  for (let changes = random.integer(1, 8); changes > 0; changes -= 1) {
    const at = place();
    switch (random.integer(0, 7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
        break;
      case 1:
        bytes[at] = random.integer(0, 255);
        break;
      case 2:
      case 3:
        if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, random.pick(values));
        break;
      case 4:
        bytes.fill(random.pick([0, 255]), at, at + random.integer(1, 16));
        break;
      case 5: {
        const end = at + random.integer(1, random.pick([8, 200, 4000]));
        bytes = concat(bytes.subarray(0, at), bytes.subarray(end));
        break;
      }
      case 6: {
        const piece = bytes.slice(at, at + random.integer(1, random.pick([8, 200, 4000])));
        bytes = concat(bytes.subarray(0, at), piece, bytes.subarray(at));
        break;
      }
      default:
        if (random.oneIn(4)) bytes = bytes.slice(0, at);
        else bytes.copyWithin(at, place(), place() + random.integer(1, 64));
    }
  }
  return bytes;
}

/** The offsets of the boxes of ISO media, and of the edges of every file. */
function tablesOf(bytes: Uint8Array): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const boxes = [...text.matchAll(/moov|moof|trak|stsd|avcC|stts|ctts|stsc|stsz|stco|co64|stss|tfhd|trun|tfdt|elst/g)];
  const edge = Array.from({ length: 8 }, (_, index) => (index * edgeBytes) / 64);
  return [...boxes.map(({ index }) => Math.max(0, index - 4)), ...edge, Math.max(0, bytes.length - edgeBytes / 64)];
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
