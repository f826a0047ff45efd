import type { ReceivedMessage } from "@inband/subscriber";
import { create, element } from "./element.ts";
import type { ChatLine } from "./value.ts";

const list = element("chat");
const scroll = element("chat-scroll");
const newest = element<HTMLButtonElement>("newest");
const keptLines = 200;
const nearTheEndPx = 80;
const format = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

newest.addEventListener("click", () => toTheEnd("smooth"));
scroll.addEventListener("scroll", () => {
  if (isAtTheEnd()) newest.hidden = true;
});

/** Adds a line; keeps the newest in sight unless the reader has scrolled up. */
export function showLine(message: ReceivedMessage<unknown>, { user, text }: ChatLine, isOwn: boolean): void {
  element("chat-empty").hidden = true;
  const follow = isOwn || isAtTheEnd();
  const line = create("li", [isOwn ? "own" : "", message.isBacklog ? "earlier" : ""].join(" ").trim());
  line.dataset.id = message.id;
  line.dataset.topic = message.topic ?? "";

  const avatar = create("span", "avatar", initials(user));
  avatar.ariaHidden = "true";
  avatar.style.setProperty("--hue", String(hue(user)));
  const head = create("p", "line-head");
  head.append(
    create("strong", "", isOwn ? "You" : user),
    create("span", "", format.format(message.publishedAt ?? Date.now())),
    ...(message.isBacklog ? [create("span", "earlier-mark", "before you joined")] : []),
  );
  const body = create("div", "body");
  body.append(head, create("p", "bubble", text));
  line.append(avatar, body);

  list.append(line);
  while (list.children.length > keptLines) list.firstElementChild?.remove();
  if (follow) toTheEnd(list.children.length > 1 ? "smooth" : "auto");
  else newest.hidden = false;
}

function isAtTheEnd(): boolean {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearTheEndPx;
}

function toTheEnd(behavior: ScrollBehavior): void {
  newest.hidden = true;
  scroll.scrollTo({ top: scroll.scrollHeight, behavior });
}

function initials(user: string): string {
  const words = user.trim().split(/\s+/);
  return words
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
}

/** One colour for one name. */
function hue(user: string): number {
  let hash = 0;
  for (const character of user) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 997;
  return (hash * 47) % 360;
}
