import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import type { SeiFeed, SeiSink, UserData, UserDataPlace } from "@inband/stream";
import { encodeMessage, inband, type MessageHeader, type Profile } from "@inband/wire";

/** A feed that brings what a test tells it to. */
export class ManualFeed implements SeiFeed {
  readonly name: string;
  sink: SeiSink | undefined;
  isEnded = false;

  constructor(name = "manual") {
    this.name = name;
  }

  open(sink: SeiSink): Disposable {
    this.sink = sink;
    return {
      [Symbol.dispose]: () => {
        this.isEnded = true;
      },
    };
  }

  /** Brings one message; by default in stream 1, a second after the beginning of its clock. */
  bring(message: UserData, place: Partial<UserDataPlace> = {}): void {
    this.sink?.userData(message, { stream: "1", rtpTimestamp: 90_000, ...place });
  }

  /** Brings the messages in their order. */
  bringAll(messages: readonly UserData[], place: Partial<UserDataPlace> = {}): void {
    for (const message of messages) this.bring(message, place);
  }

  /** Brings every message of a SEI NAL unit. */
  bringNal(nal: Uint8Array, place: Partial<UserDataPlace> = {}): void {
    for (const { payload } of parseSei(nal)) this.bring(parseUserDataUnregistered(payload), place);
  }
}

/** The user data of a message, with the age of each part set. */
export function userData(
  value: unknown,
  header: MessageHeader,
  options: { profile?: Profile; age?: number } = {},
): UserData[] {
  const { profile = inband(), age = 0 } = options;
  return encodeMessage(profile, value, header).map(({ payload, ageOffset }) => {
    if (ageOffset !== undefined) new DataView(payload.buffer).setUint32(ageOffset, age);
    return { uuid: profile.uuid, payload };
  });
}
