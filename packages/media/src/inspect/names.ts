/** ITU-T H.264 Table 7-1. */
const nalUnitNames: readonly (string | undefined)[] = [
  undefined,
  "slice, non-IDR",
  "data partition A",
  "data partition B",
  "data partition C",
  "slice, IDR",
  "SEI",
  "sequence parameter set",
  "picture parameter set",
  "access unit delimiter",
  "end of sequence",
  "end of stream",
  "filler data",
  "SPS extension",
  "prefix NAL unit (SVC, MVC)",
  "subset SPS (SVC, MVC)",
  "depth parameter set",
  undefined,
  undefined,
  "slice, auxiliary picture",
  "slice extension (SVC, MVC)",
  "slice extension (3D)",
];

/** ITU-T H.264 D.1.1. */
const seiNames: Readonly<Record<number, string>> = {
  0: "buffering_period",
  1: "pic_timing",
  2: "pan_scan_rect",
  3: "filler_payload",
  4: "user_data_registered_itu_t_t35 (captions, HDR)",
  5: "user_data_unregistered",
  6: "recovery_point",
  7: "dec_ref_pic_marking_repetition",
  8: "spare_pic",
  9: "scene_info",
  10: "sub_seq_info",
  11: "sub_seq_layer_characteristics",
  12: "sub_seq_characteristics",
  13: "full_frame_freeze",
  14: "full_frame_freeze_release",
  15: "full_frame_snapshot",
  16: "progressive_refinement_segment_start",
  17: "progressive_refinement_segment_end",
  18: "motion_constrained_slice_group_set",
  19: "film_grain_characteristics",
  20: "deblocking_filter_display_preference",
  21: "stereo_video_info",
  22: "post_filter_hint",
  23: "tone_mapping_info",
  24: "scalability_info",
  45: "frame_packing_arrangement",
  47: "display_orientation",
  137: "mastering_display_colour_volume",
  144: "content_light_level_info",
  147: "alternative_transfer_characteristics",
};

const owners: Readonly<Record<string, string>> = {
  "73fe4a2c-0b55-4d3c-8155-c37ebacbdefc": "inband",
  "9e504ea5-ee5a-4f02-949f-b033a3768da2": "Amazon IVS, stages_sei",
  "b16d7d56-892e-419c-8d82-e069cd3aa5c1": "stages_sei",
  "dc45e9bd-e6d9-48b7-962c-d820d923eeef": "x264, its settings",
  "005bc93f-2d71-5e95-ada4-796f90877a6f": "ONVIF media signing",
  "4d495350-6d69-6372-6f73-656374696d65": "MISB ST 0604, precision time",
};

/** What a nal_unit_type stands for, in words. ITU-T H.264 Table 7-1. */
export function nalUnitName(type: number): string {
  return nalUnitNames[type] ?? (type === 0 || type > 23 ? "unspecified" : "reserved");
}

/** What a payloadType stands for, in the words of ITU-T H.264 D.1.1; empty for one that is not known here. */
export function seiName(type: number): string {
  return seiNames[type] ?? "";
}

/**
 * Whose user data a UUID (with hyphens, in lower case) marks; empty for one that is not known here. Some owners write text
 * in place of a UUID: then it is that text in quotes.
 */
export function userDataOwner(uuid: string): string {
  const owner = owners[uuid];
  if (owner !== undefined) return owner;
  const text = Buffer.from(uuid.replaceAll("-", ""), "hex").toString("latin1").replace(/\0+$/, "");
  return /^[ -~]{6,}$/.test(text) ? `"${text}"` : "";
}
