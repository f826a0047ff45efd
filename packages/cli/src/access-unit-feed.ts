import { type AccessUnit, NalUnitType, nalUnitType, readUserData } from "@inband/h264";
import type { SeiFeed, SeiSink } from "@inband/subscriber";

/** A feed for access units that are at hand, and the function that takes them. */
export function accessUnitFeed(stream: string): { readonly feed: SeiFeed; push(accessUnit: AccessUnit): void } {
  let sink: SeiSink | undefined;
  return {
    feed: {
      name: "file",
      open: (opened) => {
        sink = opened;
        return {
          [Symbol.dispose]: () => {
            sink = undefined;
          },
        };
      },
    },
    push: ({ nalUnits, timestamp, isKeyFrame }) => {
      const place = { stream, mediaTimeMs: timestamp / 1000, isKeyFrame };
      for (const nal of nalUnits) {
        if (nalUnitType(nal) === NalUnitType.Sei) {
          readUserData(nal, (uuid, payload) => sink?.userData({ uuid, payload }, place));
        }
      }
      sink?.accessUnits(1);
    },
  };
}
