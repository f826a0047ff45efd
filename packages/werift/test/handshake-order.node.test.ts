import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildDtlsRecord, contentType, readDtlsRecords } from "../src/dtls-record.ts";
import { HandshakeOrder } from "../src/handshake-order.ts";

interface Part {
  readonly sequence: number;
  readonly type?: number;
  readonly body: Buffer;
  readonly from: number;
  readonly to: number;
}

const certificate = 11;
const clientHello = 1;

function record(...parts: readonly Part[]) {
  const fragment = Buffer.concat(
    parts.map(({ sequence, type = certificate, body, from, to }) => {
      const header = Buffer.alloc(12);
      header.writeUInt8(type, 0);
      header.writeUIntBE(body.length, 1, 3);
      header.writeUInt16BE(sequence, 4);
      header.writeUIntBE(from, 6, 3);
      header.writeUIntBE(to - from, 9, 3);
      return Buffer.concat([header, body.subarray(from, to)]);
    }),
  );
  const fields = { type: contentType.handshake, version: 0xfefd, epoch: 0, sequenceNumber: 0, fragment };
  return { ...fields, bytes: buildDtlsRecord(fields) };
}

const message = (sequence: number, body: Buffer, type = certificate): Part => ({
  ...{ sequence, type, body },
  ...{ from: 0, to: body.length },
});

/** The `message_seq` and the body of each message that was passed. */
const passed = (records: readonly Buffer[]) =>
  records
    .flatMap((bytes) => readDtlsRecords(bytes))
    .map(({ fragment }) => [fragment.readUInt16BE(4), fragment.subarray(12).toString("hex")]);

describe("the handshake messages of a peer", () => {
  it("come whole, once and in order, however they are cut, shuffled and repeated", () => {
    const bodies = fc.array(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      { minLength: 1, maxLength: 8 },
    );
    const deliveries = bodies.chain((all) => {
      const parts = all.flatMap((body, sequence) => {
        const middle = Math.floor(body.length / 2);
        const overlap = Math.min(body.length, middle + 3);
        return [
          message(sequence, body),
          { sequence, body, from: 0, to: overlap },
          { sequence, body, from: middle, to: body.length },
        ];
      });
      // Of each message the whole or its parts; some of both.
      const whole = fc.array(fc.constantFrom(0, 1, 2), { minLength: all.length, maxLength: all.length });
      const order = fc.shuffledSubarray([...parts, ...parts], { minLength: 0 });
      return fc.tuple(fc.constant(all), whole, order).map(([sent, ways, extra]) => {
        const needed = ways.flatMap((way, index) =>
          way === 0 ? parts.slice(3 * index, 3 * index + 1) : parts.slice(3 * index + 1, 3 * index + 3),
        );
        return { sent, parts: [...extra, ...needed] };
      });
    });
    fc.assert(
      fc.property(deliveries, ({ sent, parts }) => {
        const order = new HandshakeOrder();
        const messages = parts.flatMap((part) => order.read(record(part)));
        expect(passed(messages)).toEqual(sent.map((body, sequence) => [sequence, body.toString("hex")]));
      }),
    );
  });

  it("may share a record", () => {
    const bodies = ["a", "b", "c"].map((text) => Buffer.from(text));
    const order = new HandshakeOrder();
    expect(passed(order.read(record(...bodies.map((body, sequence) => message(sequence, body)))))).toHaveLength(3);
  });

  it("pass the first ClientHello again until the second has come: the answer to it may be lost", () => {
    const [first, second] = [Buffer.from("hello"), Buffer.from("hello, with a cookie")];
    const order = new HandshakeOrder();
    const comes = (sequence: number, body: Buffer) => order.read(record(message(sequence, body, clientHello))).length;
    expect([comes(0, first), comes(0, first)]).toEqual([1, 1]);
    expect([comes(1, second), comes(1, second), comes(0, first)]).toEqual([1, 0, 0]);
  });

  it("are not kept far ahead of what is due", () => {
    const order = new HandshakeOrder();
    const far = record(message(1000, Buffer.from("far")));
    expect(order.read(far)).toEqual([]);
    for (let sequence = 0; sequence < 1000; sequence++) order.read(record(message(sequence, Buffer.alloc(1))));
    expect(order.read(far)).toHaveLength(1);
  });
});
