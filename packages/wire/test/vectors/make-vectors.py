"""Writes the golden vectors of envelope v1, from SPEC.md alone and without the code of this package.

python3 packages/wire/test/vectors/make-vectors.py > packages/wire/test/vectors/envelope-v1.json
"""

import json
import struct


def pack(value):
    if value is None:
        return b"\xc0"
    if value is False:
        return b"\xc2"
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        return pack_sized(value.encode(), [(32, None, 0xA0), (256, ">B", 0xD9), (65536, ">H", 0xDA)])
    if isinstance(value, bytes):
        return pack_sized(value, [(256, ">B", 0xC4), (65536, ">H", 0xC5)])
    if isinstance(value, list):
        return pack_head(len(value), 0x90, 0xDC) + b"".join(pack(item) for item in value)
    pairs = b"".join(pack(key) + pack(item) for key, item in value.items())
    return pack_head(len(value), 0x80, 0xDE) + pairs


def pack_int(value):
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return struct.pack(">b", value)
    forms = [(0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I")] if value >= 0 else [(0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i")]
    for tag, form in forms:
        try:
            return bytes([tag]) + struct.pack(form, value)
        except struct.error:
            pass
    raise ValueError(value)


def pack_sized(data, forms):
    for limit, form, tag in forms:
        if len(data) < limit:
            head = bytes([tag | len(data)]) if form is None else bytes([tag]) + struct.pack(form, len(data))
            return head + data
    raise ValueError(len(data))


def pack_head(count, fix, tag):
    return bytes([fix | count]) if count < 16 else bytes([tag]) + struct.pack(">H", count)


def envelope(id, source, sequence, topic, flags, age, index, count, body):
    head = b"\xc1\x01\x99" + b"\xc4\x10" + bytes.fromhex(id.replace("-", "")) + b"\xce" + struct.pack(">I", source)
    head += pack(sequence) + pack(topic) + pack(flags)
    return head + b"\xce" + struct.pack(">I", age) + pack(index) + pack(count) + body, len(head) + 1


def vector(name, value, shown, **fields):
    fields = {
        "id": "019a9e2c-7b40-7abc-8def-0123456789ab",
        "source": 3735928559,
        "sequence": 0,
        "topic": "chat",
        "flags": 0,
        "age": 0,
        "index": 0,
        "count": 1,
        **fields,
    }
    body = pack(value)
    payload, offset = envelope(**fields, body=body)
    return {"name": name, **fields, "value": shown, "payload": payload.hex(), "ageOffset": offset}


def same(name, value, **fields):
    return vector(name, value, value, **fields)


halves = [bytes(range(250)) + b"\0\0\0", b"\0\1\2\3"]
fragments = []
for index, half in enumerate(halves):
    fields = {"id": "019a9e2c-7b40-7abc-bdef-0123456789ab", "source": 1, "sequence": 7, "topic": None, "flags": 0}
    payload, offset = envelope(**fields, age=index * 3000, index=index, count=2, body=pack(half))
    fragments.append({"name": f"fragment {index} of 2", **fields, "age": index * 3000, "index": index, "count": 2,
                      "fragment": half.hex(), "payload": payload.hex(), "ageOffset": offset})

print(json.dumps({
    "madeBy": "python3 packages/wire/test/vectors/make-vectors.py > packages/wire/test/vectors/envelope-v1.json",
    "messages": [
        same("null without a topic", None, topic=None),
        same("text", "hello"),
        same("text beyond ASCII", "h\u00e9llo \U0001F600", topic="\u6587\u5b57"),
        same("an object", {"user": "alice", "text": "hello", "n": [1, -1, 1.5, True, False, None]}),
        same("integers of every width", [0, 127, 128, 255, 256, 65535, 65536, 4294967295, -1, -32, -33, -128, -129, -32768, -32769]),
        same("the widest header", 1, sequence=4294967295, topic="12345678", age=4294967295, source=4294967295),
        same("a sequence of two bytes and an age", "x", sequence=300, age=3000),
        same("a topic of 40 bytes", "x", topic="t" * 40),
        same("17 elements", list(range(17))),
        same("a retained message", "12:30", topic="clock", flags=1, sequence=5),
        same("a heartbeat", [["chat", 4, [], 2, 17, 0], [None, 0, []], ["clock", 4294967295, [4294967290, 70000, 300]]], topic=None, flags=2, sequence=17),
        same("a heartbeat before there is a topic", [], topic=None, flags=2),
        same("the last heartbeat", [["chat", 4, [], 0, 17, 0]], topic=None, flags=6, sequence=18),
        vector("bytes with start codes", b"\0\0\1\0\0\3", {"hex": "000001000003"}),
    ],
    "fragments": fragments,
}, indent=2, ensure_ascii=True))
