import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { OutgoingTrack } from "../forwarding/outgoing-track.ts";
import type { Session } from "../sessions/session.ts";
import { StageError } from "../stage-error.ts";

/** More than the ids in a request have. */
const maxBodyBytes = 4096;

const session = "/subscribe/:participantId/:sessionId";

/**
 * What a subscriber may ask of what it gets, in the form of the Amazon IVS Web Broadcast SDK, by the links of its session:
 * `GET .../layer` tells the simulcast layers, `POST .../layer` chooses one (`{ mediaId, encodingId }`) or leaves the choice
 * to the stage (`{}`), and `POST .../playback` pauses sections or lets them go on (`{ pause | play: [mediaId] }`).
 *
 * @param sessionOf The session of a request, which the client may use, or a StageError.
 */
export function playbackRoutes(sessionOf: (c: Context) => Promise<Session>): Hono {
  const app = new Hono();
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new StageError(413, "too-large", `the body has more than ${maxBodyBytes} bytes`);
    },
  });
  app.get(`${session}/layer`, async (c) => {
    const { outgoing } = await sessionOf(c);
    const layers = outgoing.filter(({ isVideo }) => isVideo).flatMap((video) => video.describeLayers());
    return c.json({ layers }, 200, { "Cache-Control": "no-store" });
  });
  app.post(`${session}/layer`, limit, async (c) => {
    const { outgoing } = await sessionOf(c);
    const { mediaId, encodingId } = bodyOf(await c.req.text());
    const videos = mediaId === undefined ? outgoing.filter(({ isVideo }) => isVideo) : [section(outgoing, mediaId)];
    if (encodingId !== undefined && typeof encodingId !== "string") throw badRequest("encodingId must be a string");
    for (const video of videos) {
      if (!video.choose(encodingId)) throw new StageError(404, "no-layer", "the video has no layer of this encodingId");
    }
    return c.body(null, 200);
  });
  app.post(`${session}/playback`, limit, async (c) => {
    const { outgoing } = await sessionOf(c);
    const { pause = [], play = [] } = bodyOf(await c.req.text());
    if (!Array.isArray(pause) || !Array.isArray(play)) throw badRequest("pause and play must be lists of media ids");
    const [paused, played] = [pause, play].map((ids) => ids.map((id) => section(outgoing, id)));
    for (const track of paused ?? []) track.pause();
    for (const track of played ?? []) track.play();
    return c.body(null, 200);
  });
  return app;
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw badRequest("the body is not JSON", { cause });
  }
  if (typeof body !== "object" || body === null) throw badRequest("the body must be a JSON object");
  return body as Readonly<Record<string, unknown>>;
}

function section(outgoing: readonly OutgoingTrack[], mediaId: unknown): OutgoingTrack {
  const track = outgoing.find(({ mid }) => mid === mediaId);
  if (!track) throw new StageError(404, "no-media", "the session sends nothing on a section of this media id");
  return track;
}

function badRequest(message: string, options?: ErrorOptions): StageError {
  return new StageError(400, "bad-request", message, options);
}
