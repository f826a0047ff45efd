import { create, element } from "./element.ts";

const form = element<HTMLFormElement>("composer");
const input = element<HTMLInputElement>("message");
const send = element<HTMLButtonElement>("send");
const note = element("composer-note");
const noteLifetimeMs = 6_000;

const user = `Guest ${10 + (crypto.getRandomValues(new Uint8Array(1))[0]! % 90)}`;
element("guest").textContent = user;

/** When each message of this page was sent, by its id; the message itself comes back in the video. */
const own = new Map<string, number>();
/** Ids that came back in the video before the answer to the request that sent them. */
const early = new Map<string, number>();
let sending: { readonly startedAt: number } | undefined;
let fading: ReturnType<typeof setTimeout> | undefined;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});

/** The box takes messages while the video runs. */
export function allowSending(allowed: boolean): void {
  input.disabled = !allowed;
  send.disabled = !allowed;
}

/** Whether this page sent the line; says how long its way through the video was. */
export function isOwnLine(id: string, line: { readonly user: string }): boolean {
  const sentAt = own.get(id);
  if (sentAt !== undefined) {
    sayTravelled(performance.now() - sentAt);
    return true;
  }
  if (!sending || line.user !== user) return false;
  early.set(id, performance.now());
  return true;
}

async function submit(): Promise<void> {
  const text = input.value.trim();
  if (!text || sending) return;
  const startedAt = performance.now();
  sending = { startedAt };
  send.disabled = true;
  say("Waiting for the next frame ...");
  try {
    const response = await fetch("/messages", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user, text }),
    });
    const answer = (await response.json().catch(() => ({}))) as { id?: string; error?: string };
    if (!response.ok || !answer.id) throw new Error(answer.error ?? `The server answered ${response.status}.`);
    input.value = "";
    own.set(answer.id, startedAt);
    const arrivedAt = early.get(answer.id);
    if (arrivedAt !== undefined) sayTravelled(arrivedAt - startedAt);
  } catch (error) {
    say(
      error instanceof TypeError ? "Not sent: the server does not answer." : `Not sent: ${(error as Error).message}`,
      "bad",
    );
  } finally {
    sending = undefined;
    early.clear();
    send.disabled = input.disabled;
    input.focus();
  }
}

function sayTravelled(milliseconds: number): void {
  say(`On screen after ${Math.round(milliseconds)} ms, inside the video`, "good");
}

function say(text: string, tone = ""): void {
  note.textContent = text;
  note.dataset.tone = tone;
  clearTimeout(fading);
  fading = setTimeout(() => {
    note.replaceChildren("Sent as ", create("b", "", user));
    note.dataset.tone = "";
  }, noteLifetimeMs);
}
