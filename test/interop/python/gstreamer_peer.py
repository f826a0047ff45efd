"""GStreamer as a peer: webrtcbin's offer and what it receives go to stdout, the answer and access units to send come on
stdin, as lines of JSON.

send-webrtc: {"accessUnit": BASE64, "ms": NUMBER} goes through h264parse and rtph264pay to webrtcbin. There is no offer
  before the first, from which webrtcbin learns the SSRC.
send-udp PORT: the same to a port of this machine, as plain RTP.
receive: every access unit that leaves rtph264depay and h264parse, and how many pictures avdec_h264 makes of them.
"""
import base64
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

Gst.init(None)
CAPS = "video/x-h264,stream-format=byte-stream,alignment=au"
RTP_CAPS = "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000"
H264_CAPS = "packetization-mode=(string)1,profile-level-id=(string)42e01f"
PAY = f"appsrc name=source is-live=true format=time caps={CAPS} ! h264parse config-interval=-1 ! rtph264pay aggregate-mode=zero-latency pt=96 mtu=1200"
DEPAY = f"rtph264depay ! h264parse ! {CAPS} ! tee name=t t. ! queue ! fakesink name=units sync=false t. ! queue ! avdec_h264 ! fakesink name=pictures sync=false"

role = sys.argv[1]
# What Python lets go, webrtcbin has lost.
kept = []
telling = threading.Lock()
loop = GLib.MainLoop()


def tell(**event):
    # Media threads tell too.
    with telling:
        print(json.dumps(event), flush=True)


def new_webrtcbin(pipeline):
    webrtc = Gst.ElementFactory.make("webrtcbin", None)
    webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    pipeline.add(webrtc)
    webrtc.connect("on-negotiation-needed", lambda _: webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(offered, webrtc)))
    webrtc.connect("notify::ice-gathering-state", gathered)
    return webrtc


def offered(promise, webrtc):
    reply = promise.get_reply()
    kept.append(reply)
    webrtc.emit("set-local-description", reply.get_value("offer"), None)


def gathered(webrtc, _):
    if webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        tell(offer=webrtc.get_property("local-description").sdp.as_text())


def received(_, pad):
    if pad.get_direction() != Gst.PadDirection.SRC:
        return
    depay = Gst.parse_bin_from_description(DEPAY, True)
    pipeline.add(depay)
    watch(depay, "units", lambda data: tell(accessUnit=base64.b64encode(data).decode()))
    watch(depay, "pictures", lambda _: tell(decoded=True))
    depay.sync_state_with_parent()
    pad.link(depay.get_static_pad("sink"))


def watch(parent, name, heard):
    def probe(_, info):
        buffer = info.get_buffer()
        heard(buffer.extract_dup(0, buffer.get_size()))
        return Gst.PadProbeReturn.OK

    parent.get_by_name(name).get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)


webrtc = None
if role == "send-udp":
    pipeline = Gst.parse_launch(f"{PAY} ! udpsink host=127.0.0.1 port={sys.argv[2]} sync=false")
    source = pipeline.get_by_name("source")
    tell(offer="")
else:
    pipeline = Gst.Pipeline.new(None)
    webrtc = new_webrtcbin(pipeline)
    if role == "send-webrtc":
        pay = Gst.parse_bin_from_description(f"{PAY} ! capsfilter caps={RTP_CAPS}", True)
        pipeline.add(pay)
        pay.link(webrtc)
        source = pay.get_by_name("source")
    else:
        caps = f"{RTP_CAPS},{H264_CAPS},rtcp-fb-nack=true,rtcp-fb-nack-pli=true"
        webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
        webrtc.connect("pad-added", received)


def obey(event):
    if "answer" in event:
        _, message = GstSdp.SDPMessage.new_from_text(event["answer"])
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        kept.append(answer)
        webrtc.emit("set-remote-description", answer, None)
    if "accessUnit" in event:
        buffer = Gst.Buffer.new_wrapped(base64.b64decode(event["accessUnit"]))
        buffer.pts = buffer.dts = int(event["ms"] * Gst.MSECOND)
        source.emit("push-buffer", buffer)


def read():
    for line in sys.stdin:
        obey(json.loads(line))
    loop.quit()


pipeline.set_state(Gst.State.PLAYING)
threading.Thread(target=read, daemon=True).start()
loop.run()
pipeline.set_state(Gst.State.NULL)
