/** What a stage answered, by status and code, and how long that took. */
export interface FloodResult {
  readonly answers: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const together = 64;

const requests = [
  ["POST", "/publish/main"],
  ["POST", "/subscribe/main"],
  ["DELETE", "/publish/main/x"],
  ["POST", "/main/messages"],
  ["GET", "/main/messages"],
  ["GET", "/elsewhere"],
] as const;

/** Sends as many requests as fast as they are answered, none of which a stage may grant. */
export async function flood(url: string, count: number): Promise<FloodResult> {
  const answers: Record<string, number> = {};
  const beganAtMs = performance.now();
  let sent = 0;
  const ask = async (): Promise<void> => {
    while (sent < count) {
      const [method, path] = requests[sent++ % requests.length] as (typeof requests)[number];
      const response = await fetch(`${url}${path}`, {
        ...{ method, ...(method === "POST" ? { body: "v=0" } : {}) },
        headers: { authorization: "Bearer x.y.z", "content-type": "application/sdp" },
      });
      const code = /"error_code":"([^"]*)"/.exec(await response.text())?.[1];
      const answer = `${response.status} ${code}`;
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: together }, ask));
  return { answers, seconds: (performance.now() - beganAtMs) / 1000 };
}
