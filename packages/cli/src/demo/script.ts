import type { ChatLine } from "./chat-line.ts";

/** What is said in the demo; the transcript follows it word by word. */
export const spokenLines: readonly string[] = [
  "Welcome. You are reading the video itself.",
  "Every one of these words arrived in a frame,",
  "next to the picture that it speaks of.",
  "There is no second connection beside it,",
  "no socket, no polling, nothing to keep in step.",
  "Each message leaves on three frames,",
  "and reaches you with the first that comes.",
  "The copies that follow are counted and dropped.",
  "When the network delays the picture,",
  "the words wait with it, on their own frame.",
  "The clock in the corner is the publisher's.",
  "It changes with the picture, not with your browser.",
  "Type a line in the chat, and watch it come back",
  "through the same video, to everyone at once.",
];

/** What the demo's own viewers write, over and over. */
export const chatLines: readonly ChatLine[] = [
  { user: "Mira Osei", text: "Hello from the control room. Picture and captions look steady here." },
  { user: "Jonas Weber", text: "Same here. Does the chat really come in the video?" },
  { user: "Mira Osei", text: "It does. Look at the id below the picture, it rode on that frame." },
  { user: "Aiko Tanaka", text: "My connection stutters a little, and the captions stay with the picture. Nice." },
  { user: "Luca Moretti", text: "No socket in my network tab, only the one video connection." },
  { user: "Priya Nair", text: "What happens when a packet is lost?" },
  { user: "Jonas Weber", text: "Each message rides on three frames. You only ever see it once." },
  { user: "Aiko Tanaka", text: "Duplicates dropped keeps counting up, lost stays at zero." },
  { user: "Sam Okafor", text: "Our detections could go the same way, bound to the frame they were seen on." },
  { user: "Priya Nair", text: "And the latency is the latency of the video. That is the point, I think." },
  { user: "Luca Moretti", text: "Try it: write something in the box." },
  { user: "Sam Okafor", text: "Reading along in the terminal too, same lines, same ids." },
];
