import type { Box } from "./box.ts";
import { ffmpegBoxes } from "./boxes/ffmpeg.ts";
import { gstRtspServerBoxes } from "./boxes/gst-rtsp-server.ts";
import { gstreamerBoxes } from "./boxes/gstreamer.ts";
import { hlsJsBoxes } from "./boxes/hls-js.ts";
import { inbandBoxes } from "./boxes/inband.ts";
import { mediabunnyBoxes } from "./boxes/mediabunny.ts";
import { middleBoxes } from "./boxes/middles.ts";
import { mkvmergeBox } from "./boxes/mkvmerge.ts";
import { nginxRtmpBoxes } from "./boxes/nginx-rtmp.ts";
import { nodeMediaServerBoxes } from "./boxes/node-media-server.ts";
import { srtLiveTransmitBox } from "./boxes/srt-live-transmit.ts";
import { stageBox } from "./boxes/stage.ts";
import { vlcBoxes } from "./boxes/vlc.ts";

/** The rows of the map. */
export const boxes: readonly Box[] = [
  stageBox,
  ...inbandBoxes,
  ...middleBoxes,
  ...nginxRtmpBoxes,
  ...nodeMediaServerBoxes,
  ...gstRtspServerBoxes,
  srtLiveTransmitBox,
  ...ffmpegBoxes,
  ...gstreamerBoxes,
  mkvmergeBox,
  ...mediabunnyBoxes,
  ...vlcBoxes,
  ...hlsJsBoxes,
];
