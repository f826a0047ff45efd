/** The foreign peers of the tests that Debian has. A test that misses one is skipped, and says so. */
export const debianPeers = [
  "ffmpeg",
  "firefox-esr",
  "gir1.2-gst-plugins-bad-1.0",
  "gir1.2-gst-plugins-base-1.0",
  "gstreamer1.0-libav",
  "gstreamer1.0-nice",
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-tools",
  "janus",
  "python3-aiortc",
  "python3-gi",
];
