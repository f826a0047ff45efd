/** A NAL unit as hls.js holds it. */
interface NalUnit {
  readonly data: Uint8Array;
  readonly type: number;
}

/** What hls.js makes of a user_data_unregistered message. */
export interface HlsSample {
  readonly uuid: string;
  readonly userDataBytes: Uint8Array;
}

/** The parts of hls.js that read SEI. */
export interface HlsModule {
  readonly AvcVideoParser: new () => {
    parseNALu(track: { samples: unknown[]; naluState: number }, bytes: Uint8Array, endOfSegment: boolean): NalUnit[];
  };
  parseSEIMessageFromNALu(nal: Uint8Array, headerSize: number, pts: number, samples: HlsSample[]): void;
}

/**
 * The SEI reading of hls.js: its `AvcVideoParser.parseNALu`, and its `parseSEIMessageFromNALu` for each NAL unit of
 * type 6, as its parsePES calls them. Runs in Node and in browsers.
 */
export function hlsReader({ AvcVideoParser, parseSEIMessageFromNALu }: HlsModule): (bytes: Uint8Array) => HlsSample[] {
  const parser = new AvcVideoParser();
  return (bytes) => {
    const samples: HlsSample[] = [];
    for (const unit of parser.parseNALu({ samples: [], naluState: 0 }, bytes, false)) {
      if (unit.type === 6) parseSEIMessageFromNALu(unit.data, 1, 0, samples);
    }
    return samples;
  };
}
