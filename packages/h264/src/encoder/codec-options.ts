import type { EncoderSettings } from "./encoder-options.ts";

/** libx264's presets as NVENC's p1 (fastest) to p7 (best picture). */
const nvencPresets: Record<EncoderSettings["preset"], string> = {
  ultrafast: "p1",
  superfast: "p1",
  veryfast: "p2",
  faster: "p3",
  fast: "p4",
  medium: "p4",
  slow: "p5",
  slower: "p6",
  veryslow: "p7",
};

/** The settings of libx264, as options of FFmpeg. */
export function x264Options({ preset, tune, profile, level, crf }: EncoderSettings): Record<string, string> {
  return {
    preset,
    tune: tune === "zerolatency" ? "zerolatency" : `${tune},zerolatency`,
    profile: ffmpegProfile(profile),
    "forced-idr": "1",
    ...(level === undefined ? {} : { level }),
    ...(crf === undefined ? {} : { crf: String(crf) }),
  };
}

/** The settings of NVENC, as options of FFmpeg. */
export function nvencOptions({ preset, profile, level, crf }: EncoderSettings): Record<string, string> {
  return {
    preset: nvencPresets[preset],
    tune: "ull",
    profile: ffmpegProfile(profile),
    "forced-idr": "1",
    zerolatency: "1",
    delay: "0",
    ...(level === undefined ? {} : { level }),
    ...(crf === undefined ? { rc: "cbr" } : { rc: "vbr", cq: String(crf) }),
  };
}

function ffmpegProfile(profile: EncoderSettings["profile"]): string {
  return profile === "constrained-baseline" ? "baseline" : profile;
}
