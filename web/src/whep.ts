/** A page that plays from the stage: the connection, and how to leave. */
export interface WhepSession {
  readonly connection: RTCPeerConnection;
  /** Leaves the stage. The request goes out even while the page is being closed. */
  close(): void;
}

/** The browser has no H.264 for WebRTC. Trying again does not help. */
export class NoH264InBrowserError extends Error {
  override readonly name = "NoH264InBrowserError";
}

const gatheringTimeoutMs = 500;

/**
 * Joins a stage by WHEP (draft-ietf-wish-whep): one offer with its candidates, one answer with the server's.
 *
 * @throws NoH264InBrowserError, the signal's reason, or an Error that says what the server answered.
 */
export async function joinByWhep({
  url,
  token,
  onReceiver,
  signal,
}: {
  url: string;
  token: string;
  /** Called with the receiver as soon as it exists: Chromium passes a transform by that is set any later. */
  onReceiver(receiver: RTCRtpReceiver): void;
  signal: AbortSignal;
}): Promise<WhepSession> {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  if (!codecs.some(({ mimeType }) => mimeType.toLowerCase() === "video/h264")) throw new NoH264InBrowserError();

  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  let location: string | undefined;
  const close = () => {
    connection.close();
    if (location)
      void fetch(location, { method: "DELETE", headers: { authorization: `Bearer ${token}` }, keepalive: true }).catch(
        () => undefined,
      );
    location = undefined;
  };
  try {
    const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
    onReceiver(transceiver.receiver);
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /^video\/(h264|rtx)$/i.test(mimeType)));
    await connection.setLocalDescription();
    await candidates(connection, signal);
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" },
      body: connection.localDescription?.sdp ?? "",
      signal,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`The stage answered ${response.status}.`);
    const place = response.headers.get("location");
    if (place) location = new URL(place, response.url).href;
    signal.throwIfAborted();
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Waits until the offer holds the browser's candidates. */
async function candidates(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  if (connection.iceGatheringState === "complete") return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      connection.removeEventListener("icegatheringstatechange", changed);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const changed = () => connection.iceGatheringState === "complete" && done();
    const timer = setTimeout(done, gatheringTimeoutMs);
    connection.addEventListener("icegatheringstatechange", changed);
    signal.addEventListener("abort", done);
  });
  signal.throwIfAborted();
}
