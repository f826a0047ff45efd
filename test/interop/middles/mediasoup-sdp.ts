import { parse, parseParams, type SessionDescription, write } from "sdp-transform";
import type { Codec, DtlsParameters, Encoding, RtpParameters, Transport } from "./mediasoup-library.ts";

type Media = SessionDescription["media"][number];

/** The one video of a description. */
export interface VideoDescription {
  readonly media: Media;
  readonly dtlsParameters: DtlsParameters;
}

/** Reads an offer or an answer with one video; `role` is the part of its maker in DTLS. */
export function readVideo(sdp: string, role: "client" | "server"): VideoDescription {
  const description = parse(sdp);
  const media = description.media.find(({ type }) => type === "video");
  const fingerprint = media?.fingerprint ?? description.fingerprint;
  if (!media || !fingerprint) throw new Error("no video, or no fingerprint");
  return {
    media,
    dtlsParameters: { role, fingerprints: [{ algorithm: fingerprint.type, value: fingerprint.hash }] },
  };
}

/** What an offered video is going to send: H.264 in packetization mode 1, with retransmission. */
export function offeredParameters({ media }: VideoDescription, known: (uri: string) => boolean): RtpParameters {
  const parametersOf = (payloadType: number): Record<string, string | number> =>
    Object.fromEntries(
      Object.entries(parseParams(media.fmtp.find(({ payload }) => payload === payloadType)?.config ?? "")).flatMap(
        ([name, value]) => (value === undefined ? [] : [[name, value]]),
      ),
    );
  const h264 = media.rtp.find(
    ({ codec, payload }) =>
      codec === "H264" &&
      parametersOf(payload)["packetization-mode"] === 1 &&
      String(parametersOf(payload)["profile-level-id"]).startsWith("42e0"),
  );
  if (!h264) throw new Error("no constrained baseline in packetization mode 1");
  const rtx = media.rtp.find(({ codec, payload }) => codec === "rtx" && parametersOf(payload).apt === h264.payload);
  const codecs = [
    codec("video/H264", h264.payload, parametersOf(h264.payload), feedback(media, h264.payload)),
    ...(rtx ? [codec("video/rtx", rtx.payload, { apt: h264.payload }, [])] : []),
  ];
  const cname = media.ssrcs?.find(({ attribute }) => attribute === "cname")?.value ?? "";
  return {
    mid: String(media.mid),
    codecs,
    headerExtensions: (media.ext ?? []).filter(({ uri }) => known(uri)).map(({ uri, value }) => ({ uri, id: value })),
    encodings: encodings(media),
    rtcp: { cname },
  };
}

function encodings(media: Media): Encoding[] {
  const rids = media.rids?.filter(({ direction }) => direction === "send") ?? [];
  if (rids.length > 0) return rids.map(({ id }) => ({ rid: String(id) }));
  const [ssrc, rtx] = [...new Set(media.ssrcs?.map(({ id }) => Number(id)) ?? [])];
  if (ssrc === undefined) throw new Error("no SSRC");
  return [{ ssrc, ...(rtx === undefined ? {} : { rtx: { ssrc: rtx } }) }];
}

function codec(
  mimeType: string,
  payloadType: number,
  parameters: Codec["parameters"],
  rtcpFeedback: Codec["rtcpFeedback"],
): Codec {
  return { mimeType, clockRate: 90_000, payloadType, parameters, rtcpFeedback };
}

function feedback(media: Media, payloadType: number): Codec["rtcpFeedback"] {
  return (media.rtcpFb ?? [])
    .filter(({ payload }) => payload === payloadType)
    .map(({ type, subtype = "" }) => ({ type, parameter: subtype }));
}

/** Writes an answer to receive what is offered, or an offer to send. */
export function writeVideo(transport: Transport, rtp: RtpParameters, direction: "recvonly" | "sendonly"): string {
  const { iceParameters, iceCandidates, dtlsParameters } = transport;
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === "sha-256");
  const mid = rtp.mid ?? "0";
  const rids = rtp.encodings.flatMap(({ rid }) => (rid === undefined ? [] : [rid]));
  const ssrcs = rtp.encodings.flatMap(({ ssrc, rtx }) => [ssrc, rtx?.ssrc].filter((id) => id !== undefined));
  const isOffer = direction === "sendonly";
  return write({
    version: 0,
    origin: { username: "-", sessionId: 1, sessionVersion: 1, netType: "IN", ipVer: 4, address: "127.0.0.1" },
    name: "-",
    timing: { start: 0, stop: 0 },
    icelite: "ice-lite",
    groups: [{ type: "BUNDLE", mids: mid }],
    msidSemantic: { semantic: "WMS", token: "*" },
    media: [
      {
        ...{ type: "video", port: 7, protocol: "UDP/TLS/RTP/SAVPF", mid, direction },
        payloads: rtp.codecs.map(({ payloadType }) => payloadType).join(" "),
        connection: { version: 4, ip: "127.0.0.1" },
        iceUfrag: iceParameters.usernameFragment,
        icePwd: iceParameters.password,
        candidates: iceCandidates.map(({ ip, ...candidate }) => ({ ...candidate, ip, component: 1, transport: "udp" })),
        endOfCandidates: "end-of-candidates",
        fingerprint: { type: "sha-256", hash: fingerprint?.value ?? "" },
        setup: isOffer ? "actpass" : "passive",
        rtcpMux: "rtcp-mux",
        rtcpRsize: "rtcp-rsize",
        rtp: rtp.codecs.map(({ mimeType, payloadType, clockRate }) => ({
          payload: payloadType,
          codec: mimeType.replace("video/", ""),
          rate: clockRate,
        })),
        fmtp: rtp.codecs.map(({ payloadType, parameters }) => ({
          payload: payloadType,
          config: Object.entries(parameters)
            .map(([name, value]) => `${name}=${value}`)
            .join(";"),
        })),
        rtcpFb: rtp.codecs.flatMap(({ payloadType, rtcpFeedback }) =>
          rtcpFeedback.map(({ type, parameter = "" }) => ({ payload: payloadType, type, subtype: parameter })),
        ),
        ext: rtp.headerExtensions.map(({ uri, id }) => ({ uri, value: id })),
        ...(isOffer && {
          msid: [{ id: "-", appdata: "video" }],
          ssrcs: ssrcs.map((id) => ({ id, attribute: "cname", value: rtp.rtcp.cname ?? "" })),
        }),
        ...(isOffer && ssrcs.length > 1 && { ssrcGroups: [{ semantics: "FID", ssrcs: ssrcs.join(" ") }] }),
        ...(rids.length > 0 && { rids: rids.map((id) => ({ id, direction: "recv" })) }),
        ...(rids.length > 0 && { simulcast: { dir1: "recv", list1: rids.join(";") } }),
      },
    ],
  });
}
