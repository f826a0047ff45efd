import { connectWhip } from "@inband/browser/whip";
import { addCamera } from "@inband/rig/page/h264-camera";

declare global {
  /** Publishes the camera. Resolves to the URL of the session, or to the error. */
  var publishAt: (url: string, token: string, trustedHosts?: string[]) => Promise<string>;
}

globalThis.publishAt = async (url, token, trustedHosts = []) => {
  const connection = new RTCPeerConnection();
  await addCamera(connection);
  return connectWhip(connection, { url, token, trustedHosts }).then(
    ({ location }) => String(location),
    (error: Error) => `${error.name}: ${error.message}`,
  );
};
