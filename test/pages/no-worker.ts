import { browserCarrier, browserFeed } from "@inband/browser";
import { SeiPublisher } from "@inband/publisher";
import { connect } from "@inband/rig/page/description";
import { addCamera } from "@inband/rig/page/h264-camera";
import { SeiSubscriber } from "@inband/subscriber";

/** Who uses inband, and how; the other side is a browser alone. */
interface Sides {
  readonly publishes: boolean;
  readonly subscribes: boolean;
  /** Scripts of workers that the application passes, by their paths. */
  readonly worker?: string;
  /** Whether the browser is one from before RTCRtpScriptTransform. */
  readonly isOld?: boolean;
}

declare global {
  var loop: (sides: Sides) => Promise<void>;
  var state: () => Promise<{ framesSent: number; framesDecoded: number; framesShown: number; errors: string[] }>;
}

const sending = new RTCPeerConnection();
const receiving = new RTCPeerConnection();
const errors: string[] = [];
let framesShown = 0;

/** Sends the camera from one connection to the other. */
globalThis.loop = async ({ publishes, subscribes, worker, isOld = false }) => {
  if (isOld) Object.assign(globalThis, { RTCRtpScriptTransform: undefined });
  const options = () => (worker === undefined ? {} : { worker: new Worker(worker) });
  const noteError = (error: { name: string; code?: string }) => errors.push(`${error.name} ${error.code}`);
  const transceiver = await addCamera(sending);
  if (publishes) {
    const publisher = new SeiPublisher<string>();
    publisher.on("error", noteError);
    publisher.attach(browserCarrier(transceiver.sender, options()));
    publisher.publish("in vain");
  }
  receiving.ontrack = ({ receiver, track }) => {
    if (subscribes) {
      const subscriber = new SeiSubscriber();
      subscriber.on("error", noteError);
      subscriber.attach(browserFeed(receiver, options()));
    }
    const video = document.createElement("video");
    video.muted = true;
    video.autoplay = true;
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    const count = () => {
      framesShown++;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
  };
  await connect(sending, receiving);
};

globalThis.state = async () => {
  let framesSent = 0;
  let framesDecoded = 0;
  for (const report of (await sending.getStats()).values()) framesSent += report.framesSent ?? 0;
  for (const report of (await receiving.getStats()).values()) framesDecoded += report.framesDecoded ?? 0;
  return { framesSent, framesDecoded, framesShown, errors };
};
