const firstBoxes = /^(?:ftyp|styp|moov|moof|mdat|free|skip|wide|pnot|sidx|emsg|uuid|prft)$/;

/** A box of an ISO base media file. ISO/IEC 14496-12 4.2. */
export interface IsoBox {
  readonly type: string;
  /** Where its content begins, counted from the box. */
  readonly start: number;
  /** Where it ends, counted from the box, within the room that it has. */
  readonly end: number;
  /** Whether it announces more bytes than there is room for. */
  readonly isCut: boolean;
}

/** Whether bytes begin with a box that an ISO base media file may begin with (ISO/IEC 14496-12 4.2). */
export function isIsoBaseMedia(head: Uint8Array): boolean {
  return firstBoxes.test(String.fromCharCode(...head.subarray(4, 8)));
}

/** The box at `at`, which has `room` bytes; undefined where the bytes are not a box. */
export function readBox(bytes: Uint8Array, at: number, room: number): IsoBox | undefined {
  if (bytes.length - at < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const size = view.getUint32(at);
  const isLarge = size === 1 && bytes.length - at >= 16;
  const start = isLarge ? 16 : 8;
  const end = size === 0 ? room : isLarge ? Number(view.getBigUint64(at + 8)) : size;
  return end < start ? undefined : { type, start, end: Math.min(end, room), isCut: end > room };
}
