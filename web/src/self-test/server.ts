import type { Row } from "./row.ts";

/** What the server has made ready for a run. */
export interface Run {
  readonly runId: string;
  readonly publishToken: string;
  readonly subscribeToken: string;
  /** Participants of the stage. */
  readonly page: string;
  readonly node: string;
}

/** @throws Error with a sentence for the user. */
export async function startRun(): Promise<Run> {
  return (await post("/self-test/runs", {})).json();
}

/** Has the publisher in Node send one message for each payload. */
export async function speak({ runId }: Run, payloads: readonly Uint8Array[]): Promise<void> {
  await post(`/self-test/runs/${runId}/speak`, payloads.map(base64));
}

/** Sends the row to the terminal, and ends the run. */
export async function sendRow({ runId }: Run, row: Row): Promise<void> {
  await post(`/self-test/runs/${runId}/row`, row);
}

async function post(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json", "x-inband-key": location.hash.slice(1) };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error("The server does not answer. Is the command still running?");
  });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  throw new Error(error ?? `The server answered ${response.status}.`);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
