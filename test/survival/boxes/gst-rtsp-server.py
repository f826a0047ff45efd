"""gst-rtsp-server on loopback: plays a file at /play, records what is announced at /record.

Usage: gst-rtsp-server.py PORT FILE RECORDING
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

port, played, recording = sys.argv[1:]
Gst.init(None)

play = GstRtspServer.RTSPMediaFactory()
play.set_launch(f"( filesrc location={played} ! qtdemux ! rtph264pay name=pay0 pt=96 )")

record = GstRtspServer.RTSPMediaFactory()
record.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
record.set_launch(
    "( rtph264depay name=depay0 ! video/x-h264,stream-format=byte-stream,alignment=au"
    f" ! filesink location={recording} )"
)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
server.get_mount_points().add_factory("/play", play)
server.get_mount_points().add_factory("/record", record)
server.attach(None)
GLib.MainLoop().run()
