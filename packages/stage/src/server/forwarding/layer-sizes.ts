/** What tells the encodings of one picture apart. */
export interface LayerSize {
  readonly pixels: number;
}

/** The largest of some layers within a number of pixels, the smallest where none is within it; undefined for none at all. */
export function largestWithin<Layer extends LayerSize>(layers: Iterable<Layer>, maxPixels: number): Layer | undefined {
  let largest: Layer | undefined;
  let smallest: Layer | undefined;
  for (const layer of layers) {
    if (!smallest || layer.pixels < smallest.pixels) smallest = layer;
    if (layer.pixels <= maxPixels && (!largest || layer.pixels > largest.pixels)) largest = layer;
  }
  return largest ?? smallest;
}
