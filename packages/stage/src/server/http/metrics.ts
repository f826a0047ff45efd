import { Counter, Gauge, Registry } from "prom-client";
import type { Participants } from "../sessions/participants.ts";
import type { MessageAudience } from "./message-audience.ts";

/** Figures of a stage in the text format of Prometheus. They name nobody. */
export class StageMetrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #refusals: Counter<"code">;

  constructor(participants: Participants, audience: MessageAudience) {
    const registers = [this.#registry];
    this.contentType = this.#registry.contentType;
    this.#refusals = new Counter({
      name: "inband_stage_refusals_total",
      help: "Requests that were refused, by the code of the refusal.",
      labelNames: ["code"],
      registers,
    });
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `inband_stage_${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    const counter = (name: string, help: string, value: () => number): void => {
      new Counter({
        name: `inband_stage_${name}_total`,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    };
    const { counts } = participants;
    gauge("participants", "Participants who are on the stage.", () => participants.list().length);
    gauge("publish_sessions", "Sessions that publish.", () => participants.sessions.publish);
    gauge("subscribe_sessions", "Sessions that receive.", () => participants.sessions.subscribe);
    gauge("message_readers", "Readers of messages without the video.", () => audience.size);
    counter("received_packets", "RTP packets of publishers, each once.", () => counts.receivedPackets);
    counter("sent_packets", "RTP packets to subscribers.", () => counts.sentPackets);
    counter("sent_payload_bytes", "Bytes of the payloads of RTP packets to subscribers.", () => counts.sentBytes);
    counter("repeated_packets", "RTP packets that left once more, too old for werift.", () => counts.repeatedPackets);
    counter("dropped_packets", "RTP packets that found too many waiting before them.", () => counts.droppedPackets);
    counter("key_frame_requests", "Requests for a key frame that went to publishers.", () => counts.keyFrameRequests);
  }

  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
