/** The first byte: two flags, and the template of the frame. */
const startOfFrame = 0x80;
const endOfFrame = 0x40;
const templateId = 0x3f;

/** The dependency descriptors of one access unit, for its packets in their order. */
export interface FrameDescriptors {
  /** The descriptor of packet `index` of `count`. */
  of(index: number, count: number): Buffer;
}

/**
 * The template structure of a stream in which every access unit but the key frames refers to the one before, from
 * `template_dependency_structure_present_flag` on: template 0 is a key frame (switch), template 1 refers to the frame
 * before (required, fdiff 1); one decode target, no chains, no resolutions.
 */
const structure = [0x80, 0x00, 0x3b, 0x40, 0x00];

/**
 * Writes the Dependency Descriptor RTP header extension (AV1 RTP specification, appendix A): 3 bytes on each packet, 8 on
 * the first one of a key frame. With it Chromium hands on each complete access unit after a lost one, and so the
 * messages in it, where it would otherwise hold all of them back until the next key frame.
 */
export class DependencyDescriptors {
  #frameNumber = 0;

  /** The descriptors of the next access unit in decoding order. */
  next(isKeyFrame: boolean): FrameDescriptors {
    const frameNumber = this.#frameNumber;
    this.#frameNumber = (frameNumber + 1) & 0xffff;
    const mandatory = (flags: number): number[] => [flags | (isKeyFrame ? 0 : 1), frameNumber >> 8, frameNumber & 0xff];
    const middle = Buffer.from(mandatory(0));
    return {
      of(index, count) {
        const end = index === count - 1 ? endOfFrame : 0;
        if (index === 0) return Buffer.from([...mandatory(startOfFrame | end), ...(isKeyFrame ? structure : [])]);
        return end ? Buffer.from(mandatory(end)) : middle;
      },
    };
  }
}

/**
 * The descriptor of packet `index` of the `count` that take the place of one which had `descriptor`: they are of the same
 * frame, so that its number and template hold for all of them. The first one begins the frame where that one did, and has
 * all that was said of it, since receivers read dependencies and structure there; the last one ends it.
 */
export function dividedDescriptor(descriptor: Buffer, index: number, count: number): Buffer {
  if (count === 1 || descriptor.length < 3) return descriptor;
  const flags = descriptor[0] as number;
  const divided = Buffer.from(index === 0 ? descriptor : descriptor.subarray(0, 3));
  const begins = index === 0 ? flags & startOfFrame : 0;
  const ends = index === count - 1 ? flags & endOfFrame : 0;
  divided[0] = begins | ends | (flags & templateId);
  return divided;
}
