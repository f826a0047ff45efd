import type { ChatLine } from "./chat-line.ts";

/** What is said in the demo; the transcript follows it word by word. */
export const spokenLines: readonly string[] = [
  "Welcome. Every word you read here arrived inside a video frame.",
  "There is no second connection, no socket and no polling beside it.",
  "Each message is a small SEI unit, written next to the picture it speaks of.",
  "It leaves three times, on three frames, and reaches you once.",
  "If a frame is lost on the way, the next one brings the message again.",
  "When the network delays the video, the messages wait with it.",
  "So the captions stay on the frame where the words were said.",
  "The clock in the corner changes with the picture, not with your browser.",
  "Type a line in the chat, and it will come back to you through the video.",
  "The same bytes pass through servers that know nothing about them.",
];

/** What the demo's own viewers write, over and over. */
export const chatLines: readonly ChatLine[] = [
  { user: "Mira Osei", text: "Hello from the control room. Picture and captions look steady here." },
  { user: "Jonas Weber", text: "Same here. Does the chat really come in the video?" },
  { user: "Mira Osei", text: "It does. Look at the id below the picture, it rode on that frame." },
  { user: "Aiko Tanaka", text: "I paused for a moment and the captions waited for me. Nice." },
  { user: "Luca Moretti", text: "No socket in my network tab, only the one video connection." },
  { user: "Priya Nair", text: "What happens when a packet is lost?" },
  { user: "Jonas Weber", text: "Each message rides on three frames. You only ever see it once." },
  { user: "Aiko Tanaka", text: "Duplicates dropped keeps counting up, lost stays at zero." },
  { user: "Sam Okafor", text: "Our detections could go the same way, bound to the frame they were seen on." },
  { user: "Priya Nair", text: "And the latency is the latency of the video. That is the point, I think." },
  { user: "Luca Moretti", text: "Try it: write something in the box." },
  { user: "Sam Okafor", text: "Reading along in the terminal too, same lines, same ids." },
];
