import { renderUnicodeCompact } from "uqr";

/** A text as a QR code for a terminal, in half blocks, with the quiet zone that cameras need. */
export function qrCode(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}
