import type { Target } from "../target.ts";
import { accessUnitsTarget } from "./access-units.ts";
import { annexBTarget } from "./annex-b.ts";
import { avccTarget } from "./avcc.ts";
import { emulationPreventionTarget } from "./emulation-prevention.ts";
import { framedByteStreamsTarget } from "./framed-byte-streams.ts";
import { avcConfigTarget, parameterSetsTarget } from "./parameter-sets.ts";
import { payloaderTarget } from "./payloader.ts";
import { roomTarget } from "./room.ts";
import { rtpPayloadTarget } from "./rtp-payload.ts";
import { rtpRestartsTarget } from "./rtp-restarts.ts";
import { rtpSessionTarget } from "./rtp-session.ts";
import { seiTarget } from "./sei.ts";
import { userDataTarget } from "./user-data.ts";
import { envelopeTarget, valueTarget } from "./wire.ts";

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [
  annexBTarget,
  accessUnitsTarget,
  avccTarget,
  avcConfigTarget,
  emulationPreventionTarget,
  seiTarget,
  parameterSetsTarget,
  rtpPayloadTarget,
  rtpSessionTarget,
  rtpRestartsTarget,
  payloaderTarget,
  framedByteStreamsTarget,
  envelopeTarget,
  valueTarget,
  userDataTarget,
  roomTarget,
];
