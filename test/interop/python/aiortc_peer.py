"""aiortc as a peer: its offer and what it receives go to stdout, the answer and what it is to send come on stdin, as
lines of JSON.

send [clean|stages_sei]: sends its own picture; {"message": BASE64} goes into the next access unit, in front of its slice,
  as one SEI NAL unit, or as stages_sei does it: three of them and the slice, with start codes between them, as one NAL unit.
receive: decodes, and tells the user data of every picture from its side data.
"""
import asyncio
import base64
import json
import sys
import threading

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from aiortc.codecs import h264

IVS_UUID = bytes.fromhex("9e504ea5ee5a4f02949fb033a3768da2")
START_CODE = b"\0\0\0\1"
COPIES = 3
CLOCK_RATE = 90000
# The number of the test picture takes a twelfth of the height.
STRIPS_IN_HEIGHT = 12

role, style = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "clean"
waiting = []
telling = threading.Lock()


def tell(**event):
    # Media threads tell too.
    with telling:
        print(json.dumps(event), flush=True)


def build_sei(payload):
    """ITU-T H.264 7.3.2.3.1, D.1.7 and 7.4.1."""
    body = IVS_UUID + payload
    size = len(body)
    message = b"\x05" + b"\xff" * (size // 255) + bytes([size % 255]) + body + b"\x80"
    nal, zeros = bytearray(b"\x06"), 0
    for byte in message:
        if zeros >= 2 and byte <= 3:
            nal.append(3)
            zeros = 0
        nal.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(nal)


encode_frame = h264.H264Encoder._encode_frame


def encode_with_message(self, frame, force_keyframe):
    # aiortc 1.4 takes no notice of it, and a key frame comes every 250 pictures; a new encoder begins with one.
    if force_keyframe:
        self.codec = None
    message = waiting.pop(0) if waiting else None
    for nal in encode_frame(self, frame, force_keyframe):
        if message is not None and nal[0] & 31 in (1, 5):
            sei = build_sei(message)
            message = None
            tell(sent=round(frame.pts * frame.time_base * CLOCK_RATE))
            if style == "stages_sei":
                yield START_CODE.join([sei] * COPIES + [nal])
                continue
            yield sei
        yield nal


h264.H264Encoder._encode_frame = encode_with_message
decode = h264.H264Decoder.decode


def decode_and_tell(self, encoded_frame):
    frames = decode(self, encoded_frame)
    for frame in frames:
        tell(decoded=True)
        for side_data in frame.side_data:
            data = bytes(side_data)
            if data[:16] == IVS_UUID:
                plane = frame.planes[0]
                rows = 2 * -(-frame.height // STRIPS_IN_HEIGHT // 2)
                luma = bytes(plane)[: plane.line_size * rows]
                strip = {"width": plane.line_size, "height": frame.height, "luma": base64.b64encode(luma).decode()}
                tell(message=base64.b64encode(data[16:]).decode(), rtpTimestamp=frame.pts, strip=strip)
    return frames


h264.H264Decoder.decode = decode_and_tell


async def consume(track):
    try:
        while True:
            await track.recv()
    except Exception:
        pass


async def main():
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.on("track", lambda track: asyncio.ensure_future(consume(track)))
    if role == "send":
        pc.addTrack(VideoStreamTrack())
    else:
        pc.addTransceiver("video", direction="recvonly")
    [transceiver] = pc.getTransceivers()
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/H264"])
    await pc.setLocalDescription(await pc.createOffer())
    tell(offer=pc.localDescription.sdp)
    loop = asyncio.get_event_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        event = json.loads(line)
        if "answer" in event:
            await pc.setRemoteDescription(RTCSessionDescription(event["answer"], "answer"))
        if "message" in event:
            waiting.append(base64.b64decode(event["message"]))
    await pc.close()


asyncio.run(main())
