import { Forwarding, Received } from "./forwarding.ts";
import { findMediasoup, type Router } from "./mediasoup-library.ts";
import { offeredParameters, readVideo, writeVideo } from "./mediasoup-sdp.ts";
import type { Middle } from "./middle.ts";

const library = findMediasoup();

const h264 = {
  kind: "video",
  mimeType: "video/H264",
  clockRate: 90_000,
  parameters: { "packetization-mode": 1, "profile-level-id": "42e01f", "level-asymmetry-allowed": 1 },
};

/** A router of mediasoup; what its client does in browsers, from parameters to descriptions, is done beside it. */
export const mediasoup: Middle = {
  name: "mediasoup",
  version: typeof library === "string" ? undefined : `mediasoup ${library.version}`,
  unavailable: typeof library === "string" ? library : undefined,
  async start() {
    if (typeof library === "string") throw new Error(library);
    const worker = await library.createWorker();
    const router = await worker.createRouter({ mediaCodecs: [h264] });
    const { headerExtensions } = router.rtpCapabilities;
    const newTransport = () =>
      router.createWebRtcTransport({ listenIps: ["127.0.0.1"], initialAvailableOutgoingBitrate: 3_000_000 });
    return {
      async publish(offer) {
        const transport = await newTransport();
        const offered = readVideo(offer, "client");
        await transport.connect({ dtlsParameters: offered.dtlsParameters });
        const takes = (uri: string) =>
          headerExtensions.some(
            (known) => known.kind === "video" && known.uri === uri && known.direction !== "sendonly",
          );
        const rtpParameters = offeredParameters(offered, takes);
        const producer = await transport.produce({ kind: "video", rtpParameters });
        const received = new Received();
        producer.on("trace", ({ info }) => received.take(info));
        await producer.enableTraceEvent(["rtp"]);
        return {
          answer: writeVideo(transport, rtpParameters, "recvonly"),
          async subscribe(answer) {
            const transport = await newTransport();
            const rtpCapabilities = withoutEstimates(router.rtpCapabilities);
            const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, paused: true });
            const offer = writeVideo(transport, consumer.rtpParameters, "sendonly");
            const { dtlsParameters } = readVideo(await answer(offer), "client");
            await transport.connect({ dtlsParameters });
            const forwarding = new Forwarding(received);
            consumer.on("trace", ({ info, timestamp }) => forwarding.take(info, timestamp));
            await consumer.enableTraceEvent(["rtp"]);
            await consumer.resume();
            return {
              offer,
              forwarding,
              chooseLayer: (spatialLayer) => consumer.setPreferredLayers({ spatialLayer }),
            };
          },
        };
      },
      async close() {
        worker.close();
      },
    };
  },
};

/**
 * Without reports from which the worker estimates the bitrate: on a busy machine it sees congestion where there is none, and
 * sends a receiver no layer at all for a while.
 */
function withoutEstimates({ codecs, ...capabilities }: Router["rtpCapabilities"]): Router["rtpCapabilities"] {
  const isEstimate = (type: string) => type === "transport-cc" || type === "goog-remb";
  return {
    ...capabilities,
    codecs: codecs.map((codec) => ({
      ...codec,
      rtcpFeedback: codec.rtcpFeedback.filter(({ type }) => !isEstimate(type)),
    })),
  };
}
