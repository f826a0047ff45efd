/** A message that was posted, and what the stage answered. */
export interface Posted {
  readonly status: number;
  /** Of the receipt. */
  readonly id: string;
  /** RTP timestamp of the access unit that carried it first. */
  readonly rtpTimestamp: number;
}

/** Posts a number as a message into a video. */
export async function postNumber(resource: string, token: string, number: number): Promise<Posted> {
  const response = await fetch(resource, {
    ...{ method: "POST", body: JSON.stringify({ number, text: "the quick brown fox jumps over the lazy dog" }) },
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  const { id = "", streams: [stream] = [] } = (await response.json()) as {
    readonly id?: string;
    readonly streams?: readonly { readonly rtpTimestamps: readonly number[] }[];
  };
  return { status: response.status, id, rtpTimestamp: stream?.rtpTimestamps[0] ?? Number.NaN };
}
