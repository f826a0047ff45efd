import { H264Depayloader, H264Payloader, RtpReorder } from "@inband/h264/rtp";
import { nalUnit } from "@inband/rig/arbitraries";
import fc from "fast-check";
import { expect, it } from "vitest";

it("gives the depayloader every access unit whole under reordering and duplication", () => {
  const stream = fc.array(fc.array(nalUnit([1, 5, 6], 200), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 16, max: 120 }),
      (accessUnits, delays, max) => {
        const payloader = new H264Payloader({ maxPayloadBytes: max });
        const packets = accessUnits
          .flatMap((nals, index) =>
            payloader.payloads(nals).map((packet) => ({ ...packet, rtpTimestamp: index * 3000 })),
          )
          .map((packet, index) => ({ ...packet, sequenceNumber: (65_530 + index) & 0xffff }));
        const arrivals = [...packets, ...packets.filter((_, index) => index % 3 === 0)]
          .map((packet, index) => ({
            packet,
            at: index + (index === 0 ? -100 : (delays[index % delays.length] as number)),
          }))
          .sort((a, b) => a.at - b.at);
        const reorder = new RtpReorder<(typeof packets)[0]>();
        const depayloader = new H264Depayloader();
        const found: Uint8Array[][] = [];
        for (const { packet } of arrivals) {
          reorder.push(packet, packet.sequenceNumber, 0, (each) => {
            for (const { nalUnits, isComplete } of depayloader.push(each)) {
              expect(isComplete).toBe(true);
              found.push([...nalUnits]);
            }
          });
        }
        // The marker does not end what holds no picture.
        const last = depayloader.flush();
        if (last !== undefined) found.push([...last.nalUnits]);
        expect(found).toEqual(accessUnits);
      },
    ),
  );
});
