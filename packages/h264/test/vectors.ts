/** A stream made by a foreign encoder, and what foreign tools say about it. */
export interface Vector {
  readonly bytes: Uint8Array;
  /** Packets that ffprobe counts. */
  readonly accessUnits: number;
  readonly width: number;
  readonly height: number;
}

function decode(lines: readonly string[]): Uint8Array {
  return Uint8Array.from(atob(lines.join("")), (character) => character.charCodeAt(0));
}

/**
 * Three slices a picture, B-frames, access unit delimiters, a key frame every 4 pictures, x264's SEI. FFmpeg 5.1.9:
 *
 * ffmpeg -f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 8 -c:v libx264 -preset medium -threads 1 -g 4 -bf 2
 *   -x264-params slices=3:aud=1:crf=40 -bsf:v filter_units=pass_types=1-9 slices.h264
 */
export const slices: Vector = {
  accessUnits: 8,
  width: 64,
  height: 48,
  bytes: decode([
    "AAAAAQkQAAAAAWdkAAqs2UR7ARAAAAMAEAAAAwMg8SJZYAAAAAFo6+DksiwAAAEGBf//r9xF6b3m2Ui3lizYINkj7u94MjY0IC0gY29yZSAxNjQg",
    "cjMwOTUgYmFlZTQwMCAtIEguMjY0L01QRUctNCBBVkMgY29kZWMgLSBDb3B5bGVmdCAyMDAzLTIwMjIgLSBodHRwOi8vd3d3LnZpZGVvbGFuLm9y",
    "Zy94MjY0Lmh0bWwgLSBvcHRpb25zOiBjYWJhYz0xIHJlZj0zIGRlYmxvY2s9MTowOjAgYW5hbHlzZT0weDM6MHgxMTMgbWU9aGV4IHN1Ym1lPTcg",
    "cHN5PTEgcHN5X3JkPTEuMDA6MC4wMCBtaXhlZF9yZWY9MSBtZV9yYW5nZT0xNiBjaHJvbWFfbWU9MSB0cmVsbGlzPTEgOHg4ZGN0PTEgY3FtPTAg",
    "ZGVhZHpvbmU9MjEsMTEgZmFzdF9wc2tpcD0xIGNocm9tYV9xcF9vZmZzZXQ9LTIgdGhyZWFkcz0xIGxvb2thaGVhZF90aHJlYWRzPTEgc2xpY2Vk",
    "X3RocmVhZHM9MCBzbGljZXM9MyBucj0wIGRlY2ltYXRlPTEgaW50ZXJsYWNlZD0wIGJsdXJheV9jb21wYXQ9MCBjb25zdHJhaW5lZF9pbnRyYT0w",
    "IGJmcmFtZXM9MiBiX3B5cmFtaWQ9MiBiX2FkYXB0PTEgYl9iaWFzPTAgZGlyZWN0PTEgd2VpZ2h0Yj0xIG9wZW5fZ29wPTAgd2VpZ2h0cD0yIGtl",
    "eWludD00IGtleWludF9taW49MSBzY2VuZWN1dD00MCBpbnRyYV9yZWZyZXNoPTAgcmNfbG9va2FoZWFkPTQgcmM9Y3JmIG1idHJlZT0xIGNyZj00",
    "MC4wIHFjb21wPTAuNjAgcXBtaW49MCBxcG1heD02OSBxcHN0ZXA9NCBpcF9yYXRpbz0xLjQwIGFxPTE6MS4wMACAAAABZYiEAGcQaGaGisgAEoyk",
    "roFr2QsVFejjcpARK7KlTLXUxjD///VrzuaO0k3yOPxu0NO8F38WIH66LuTRnfCftkS8HsWA9t0Awk7xu7pG7iZ6dkez3BDV5HqEH6A2VhV6tgqd",
    "FR2tkc4rwgus7LKNBQKVIXrHICHYhf35IPsIe1YQm6mHWA+EYTZkLXilfgFx42qLjpv5YshcuUHVXffphaJsoLZTddrx/QsAAAFlKIhABH9yBZJG",
    "fE9hioKc88PMySNGtLOOlmVWz+oIsSAmyxfn6OKmTXU3+srromBv/WZBAAABZRIiEAGfzztjX11rIKsbJNfg3e58QlunqoM1/5y20+b+f/25REnU",
    "/E+YqHiBp3rVjxdKLTf8vhlG/Ciu+hsdCrImVimd/+4EJpRce0f+C297Kp49my+VP1LBFtRhp1tvsyGS7wCtOSb/ukgsfOpyOGj+xWEAAAABCTAA",
    "AAFBmiNsQt/0P0xRMrq+s1plfstMdxAAAAFBKaI2xCH/16rzAAABQRJojbELf8uAAAAAAQlQAAABQZ5BeIS//LbBAAABQSnkF4jv8iaISQAAAUES",
    "eQXiEv/hgQAAAAEJUAAAAQGeYmpC3/0BIAAAAQEp5iakIf/ggAAAAQESeYmpC3/kgAAAAAEJEAAAAAFnZAAKrNlEewEQAAADABAAAAMDIPEiWWAA",
    "AAABaOvg5LIsAAABZYiCABX/i+RoYeCt26sLoShGgddGkid6r0hDjBR775RuQczGPCpvEWzvIAfwf/+ZeD5xQH6ueR+gV3ZeB8VZUq9cJGbHp29S",
    "Ue0dCiXkChIg+OztdBtsUrRveB82jGQ0uiQqoUL/Pr/p5l9ttn6ssdX2JrDPzORBnQUk8LN/46OsfPu/GXS31uEES7z+FMvwDJdLHh7cJrgWe4UN",
    "MSlKAxBNOBDn0Mqiu2lI+3+b49SwKig/REOw3QAAAWUoiCACf/7bYeQDzu7KrN+k5WA0KSpSdE5EVG6B9BUUHmHGkH+vxT3rYH+wTRxqjHsXqk1o",
    "QQAAAWUSIggAR/687juDEQJBjf/2P8634Fz38pBthaZr+m9MkB/LH3r65Yz2p8mDfRC4fn2fnmXaOg4pM7UAoLGOWi/8fj9Q8B0voxv/7fwz9HM1",
    "ybEfggdiQTxrTCInV/LZ6Vy+fMqe+ZFvbYm/2RL8furWNm6+f+EAAAABCTAAAAFBmiNsQt/LgQAAAUEpojbEIf/nhoKYgQAAAUESaI2xC3/LgQAA",
    "AAEJUAAAAUGeQXiFv+SBAAABQSnkF4hD/+CBAAABQRJ5BeIW/+SBAAAAAQlQAAABAZ5iakLf5IEAAAEBKeYmpCH/4IEAAAEBEnmJqQt/5IE=",
  ]),
};

/**
 * Frames with field macroblocks (frame_mbs_only_flag 0), no SEI. FFmpeg 5.1.9:
 *
 * ffmpeg -f lavfi -i testsrc2=size=64x64:rate=25 -frames:v 4 -c:v libx264 -threads 1 -flags +ilme+ildct
 *   -x264-params crf=45:slices=1:info=0 -bsf:v filter_units=remove_types=6 mbaff.h264
 */
export const mbaff: Vector = {
  accessUnits: 4,
  width: 64,
  height: 64,
  bytes: decode([
    "AAAAAWdkABWs2URNgIgAAAMACAAAAwGQ+KFMsAAAAAFo+6BNLIsAAAFliIILBn9kLQViVwvWSM5HIMf5k4Ty6GQwf+un3tc+GV8Ovx7SmGEs32Lp",
    "5KEZ0dK875wXr6vqcBsQ3S4CqBE4uDum8b+Tuf/tCk5mu5M5dwSvlpyzkAT9D7epBTJgJbaOsa2Nbuf+OtHfpV+DXW/Lcp3RYx5er1dyHM950mAB",
    "pK+obairFeV4s9v92P//GdMdxN0ImbpyCS4zn78JHG88vSsGdxBjYSGKJJJWUq+T9osd3aeUR7tjataIbOG5oJ41xB1xH1sbkoeHVRZ2F5VRrtLf",
    "7cGxhnoMNvFtUDokhxEAAAABQZoh3kZ/88VgQwBOyO9Em4zo4Wgnc/15/v+FjU2r5wdYS2eIKbpbYAAAAAFBnkDfiM/8DiwsrQAAAAEBnmFepGf5",
    "0XRMuSF1YA==",
  ]),
};
