/** A sample entry: its name, and what it keeps apart from the samples. */
export interface SampleEntry {
  readonly name: string;
  /** AVCDecoderConfigurationRecord. */
  readonly configuration: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A sample as it is stored; `entry` counts from 0. */
export interface Sample {
  readonly data: Uint8Array;
  readonly entry?: number;
  readonly isSync?: boolean;
}

/** An MP4 file of one video track at 25 pictures a second, each sample in a chunk of its own (ISO/IEC 14496-12). */
export function isoMedia(entries: readonly SampleEntry[], samples: readonly Sample[]): Uint8Array {
  const fileType = box("ftyp", text("isom"), u32(0), text("isom"));
  const media = box("mdat", ...samples.map(({ data }) => data));
  let offset = fileType.length + 8;
  const offsets = samples.map(({ data }) => {
    offset += data.length;
    return offset - data.length;
  });
  const count = samples.length;
  const { width = 0, height = 0 } = entries[0] ?? {};
  const syncs = samples.flatMap(({ isSync = true }, index) => (isSync ? [index + 1] : []));
  const tables = box(
    "stbl",
    full("stsd", u32(entries.length), ...entries.map(sampleEntry)),
    full("stts", u32(1), u32(count), u32(40)),
    full("stss", u32(syncs.length), ...syncs.map(u32)),
    full("stsc", u32(count), ...samples.flatMap(({ entry = 0 }, index) => [u32(index + 1), u32(1), u32(entry + 1)])),
    full("stsz", u32(0), u32(count), ...samples.map(({ data }) => u32(data.length))),
    full("stco", u32(count), ...offsets.map(u32)),
  );
  const information = box(
    "minf",
    full("vmhd", u32(0), u32(0)),
    box("dinf", full("dref", u32(1), box("url ", u32(1)))),
    tables,
  );
  const track = box(
    "trak",
    full(
      "tkhd",
      u32(0),
      u32(0),
      u32(1),
      u32(0),
      u32(count * 40),
      zeros(16),
      matrix,
      u32(width << 16),
      u32(height << 16),
    ),
    box("mdia", full("mdhd", u32(0), u32(0), u32(1000), u32(count * 40), u32(0x55c4_0000)), handler, information),
  );
  const movie = full(
    "mvhd",
    u32(0),
    u32(0),
    u32(1000),
    u32(count * 40),
    u32(0x1_0000),
    u32(0x100_0000),
    zeros(8),
    matrix,
    zeros(24),
    u32(2),
  );
  return join([fileType, media, box("moov", movie, track)]);
}

function sampleEntry({ name, configuration, width, height }: SampleEntry): Uint8Array {
  const size = Uint8Array.of(width >> 8, width, height >> 8, height);
  const resolution = [
    u32(0x48_0000),
    u32(0x48_0000),
    u32(0),
    Uint8Array.of(0, 1),
    zeros(32),
    Uint8Array.of(0, 24, 255, 255),
  ];
  return box(name, zeros(6), Uint8Array.of(0, 1), zeros(16), size, ...resolution, box("avcC", configuration));
}

/** A box of its type and its content. */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const body = join(content);
  return join([u32(body.length + 8), text(type), body]);
}

/** Version and flags are 0, but for tkhd, which is enabled and in the movie. */
function full(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  return box(type, u32(type === "tkhd" ? 3 : type === "vmhd" ? 1 : 0), ...content);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

function text(value: string): Uint8Array {
  return Buffer.from(value, "latin1");
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const matrix = join([0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].map(u32));
const handler = box("hdlr", u32(0), u32(0), text("vide"), zeros(12), zeros(1));
