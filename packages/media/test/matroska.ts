/** What a track of {@link matroska} says about its blocks. */
export interface MatroskaTrack {
  readonly codecId: string;
  readonly codecPrivate?: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** ContentCompAlgo 0 is zlib, 3 leaves out the `header` that all blocks have in common (RFC 9559 5.1.4.1.31). */
  readonly compression?: { readonly algorithm: 0 | 3; readonly header?: Uint8Array };
}

/** A Matroska file of one video track, each block as it is given, 40 ms after the one before (RFC 9559). */
export function matroska(track: MatroskaTrack, blocks: readonly Uint8Array[]): Uint8Array {
  const { codecId, codecPrivate, width, height, compression } = track;
  const head = element(
    0x1a45dfa3,
    ...[element(0x4282, Buffer.from("matroska")), unsigned(0x4287, 4), unsigned(0x4285, 2)],
  );
  const encodings =
    compression === undefined
      ? []
      : [
          element(
            0x6d80,
            element(
              0x6240,
              element(
                0x5034,
                unsigned(0x4254, compression.algorithm),
                ...(compression.header === undefined ? [] : [element(0x4255, compression.header)]),
              ),
            ),
          ),
        ];
  const entry = element(
    0xae,
    ...[unsigned(0xd7, 1), unsigned(0x73c5, 1), unsigned(0x83, 1), unsigned(0x9c, 0)],
    element(0x86, Buffer.from(codecId)),
    ...(codecPrivate === undefined ? [] : [element(0x63a2, codecPrivate)]),
    element(0xe0, unsigned(0xb0, width), unsigned(0xba, height)),
    ...encodings,
  );
  const simpleBlocks = blocks.map((data, index) => {
    const time = index * 40;
    return element(0xa3, Uint8Array.of(0x81, time >> 8, time, index === 0 ? 0x80 : 0), data);
  });
  return Buffer.concat([
    head,
    element(
      0x18538067,
      element(
        0x1549a966,
        unsigned(0x2ad7b1, 1_000_000),
        element(0x4d80, Buffer.from("a")),
        element(0x5741, Buffer.from("a")),
      ),
      element(0x1654ae6b, entry),
      element(0x1f43b675, unsigned(0xe7, 0), ...simpleBlocks),
    ),
  ]);
}

/** An EBML element (RFC 8794 6): its ID, its size in four bytes, its content. */
function element(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(0x1000_0000 + body.length);
  const name = Buffer.from(id.toString(16), "hex");
  return Buffer.concat([name, size, body]);
}

function unsigned(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return element(id, bytes);
}
