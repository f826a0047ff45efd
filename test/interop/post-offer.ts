import type { StageAccess } from "./ends.ts";

/**
 * Posts an offer as a client does that has nothing but HTTP; resolves with the answer and what leaves.
 *
 * @throws Error where the stage refuses it.
 */
export async function postOffer(
  stage: StageAccess,
  path: string,
  participantId: string,
  sdp: string,
): Promise<{ readonly answer: string; leave(): Promise<void> }> {
  const authorization = `Bearer ${await stage.token(participantId)}`;
  const response = await fetch(`${stage.url}${path}`, {
    ...{ method: "POST", body: sdp },
    headers: { authorization, "content-type": "application/sdp" },
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${answer}`);
  const location = new URL(response.headers.get("location") ?? "", stage.url);
  return {
    answer,
    async leave() {
      await fetch(location, { method: "DELETE", headers: { authorization } });
    },
  };
}
