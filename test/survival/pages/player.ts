import Hls, { type FragParsingUserdataData } from "hls.js";
import shakaPlayer from "shaka-player";

// The module is its default export, of which its types tell otherwise.
const shaka = shakaPlayer as unknown as typeof shakaPlayer.default;

type UserdataSample = FragParsingUserdataData["samples"][number];

/** A SEI message as hls.js hands it to a page. */
export interface HlsSample {
  readonly seconds: number;
  readonly payloadType: number;
  /** UUID and user data. */
  readonly bytes: number[];
}

/** How a clip was played. */
export interface PagePlayback {
  /** Pictures that were decoded. */
  readonly decoded: number;
  /** Of them, those that were not shown. */
  readonly dropped: number;
  readonly errors: string[];
  /** The longest time between two pictures, in seconds of the clip. */
  readonly longestGap: number;
  /** What hls.js told. */
  readonly samples: HlsSample[];
}

declare global {
  /** Plays a clip to its end. */
  var play: (how: "file" | "hls.js" | "shaka-player", url: string) => Promise<PagePlayback>;
  /** Decodes access units of Annex B by WebCodecs. */
  var decode: (accessUnits: readonly { base64: string; isKeyFrame: boolean; timestamp: number }[]) => Promise<{
    decoded: number;
    errors: string[];
  }>;
}

globalThis.play = async (how, url) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.replaceChildren(video);
  const errors: string[] = [];
  const samples: HlsSample[] = [];
  let segmentBytes = 0;
  let longestGap = 0;
  let last: number | undefined;
  const onFrame: VideoFrameRequestCallback = (_now, { mediaTime }) => {
    if (last !== undefined) longestGap = Math.max(longestGap, mediaTime - last);
    last = mediaTime;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const over = new Promise<void>((resolve) => {
    video.addEventListener("ended", () => resolve());
    video.addEventListener("error", () => {
      errors.push(video.error?.message ?? "error");
      resolve();
    });
  });
  let close = async (): Promise<void> => {};
  if (how === "file") {
    const blob = await (await fetch(url)).blob();
    video.src = URL.createObjectURL(new Blob([blob], { type: "video/mp4" }));
  } else if (how === "hls.js") {
    const hls = new Hls();
    hls.on(Hls.Events.FRAG_PARSING_USERDATA, (_event, data) => {
      for (const sample of data.samples) samples.push(sampleOf(sample));
    });
    hls.on(Hls.Events.ERROR, (_event, { details }) => errors.push(details));
    hls.loadSource(url);
    hls.attachMedia(video);
    close = async () => hls.destroy();
  } else {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    await player.attach(video);
    const { SEGMENT } = shaka.net.NetworkingEngine.RequestType;
    player.getNetworkingEngine()?.registerResponseFilter((type, response) => {
      if (type === SEGMENT) segmentBytes += response.data?.byteLength ?? 0;
    });
    player.addEventListener("error", (event) => errors.push(JSON.stringify(event)));
    await player.load(url);
    close = async () => void (await player.destroy());
  }
  await video.play();
  await over;
  if (how === "shaka-player" && segmentBytes === 0) errors.push("the response filter was handed no segment");
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  await close();
  return { decoded: totalVideoFrames, dropped: droppedVideoFrames, errors, longestGap, samples };
};

function sampleOf(sample: UserdataSample): HlsSample {
  const hex = sample.uuid?.replaceAll("-", "") ?? "";
  const uuid = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return {
    seconds: sample.pts,
    payloadType: sample.payloadType ?? 5,
    bytes: [...uuid, ...(sample.userDataBytes ?? [])],
  };
}

globalThis.decode = async (accessUnits) => {
  const errors: string[] = [];
  let decoded = 0;
  const decoder = new VideoDecoder({
    output(frame) {
      decoded += 1;
      frame.close();
    },
    error: ({ message }) => errors.push(message),
  });
  decoder.configure({ codec: "avc1.42c01e", optimizeForLatency: true });
  try {
    for (const { base64, isKeyFrame, timestamp } of accessUnits) {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      decoder.decode(new EncodedVideoChunk({ type: isKeyFrame ? "key" : "delta", timestamp, data }));
    }
    await decoder.flush();
  } catch (error) {
    errors.push(String(error));
  }
  if (decoder.state !== "closed") decoder.close();
  return { decoded, errors };
};
