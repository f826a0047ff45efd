/** What the demo publishes on its topic `chat`. */
export type ChatLine = { readonly user: string; readonly text: string };

const longestUser = 40;
const longestText = 280;

/** Why a request's body is not a chat line, as a sentence, or the line. */
export function parseChatLine(body: unknown): ChatLine | string {
  if (typeof body !== "object" || body === null) return "The body must be an object with user and text.";
  const { user, text } = body as Record<string, unknown>;
  if (typeof user !== "string" || user.trim() === "" || user.length > longestUser) {
    return `user must be text of 1 to ${longestUser} characters.`;
  }
  if (typeof text !== "string" || text.trim() === "" || text.length > longestText) {
    return `text must be text of 1 to ${longestText} characters.`;
  }
  if (!user.isWellFormed() || !text.isWellFormed()) return "user and text must be well-formed Unicode.";
  return { user: user.trim(), text: text.trim() };
}
