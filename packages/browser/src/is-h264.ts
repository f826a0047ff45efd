/** Whether a frame is of H.264. Browsers that do not tell the codec are believed to send it. */
export function isH264({ mimeType }: RTCEncodedVideoFrameMetadata): boolean {
  return mimeType === undefined || mimeType.toLowerCase() === "video/h264";
}
