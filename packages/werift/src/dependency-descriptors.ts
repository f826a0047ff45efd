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
        const end = index === count - 1 ? 0x40 : 0;
        if (index === 0) return Buffer.from([...mandatory(0x80 | end), ...(isKeyFrame ? structure : [])]);
        return end ? Buffer.from(mandatory(end)) : middle;
      },
    };
  }
}
