import { type NodeAv, sharedBuffer } from "@inband/h264/node-av";
import type { Frame, SoftwareScaleContext } from "node-av/lib";

/** Writes decoded pictures of any size and pixel format as I420 of a given size. */
export class I420Scaler {
  readonly #av: NodeAv;
  #scaler: { context: SoftwareScaleContext; key: string } | undefined;

  constructor(av: NodeAv) {
    this.#av = av;
  }

  /** Writes a picture into `target`, which has room for exactly the given size. */
  async write(frame: Frame, target: Uint8Array, width: number, height: number): Promise<void> {
    const { constants, FFmpegError } = this.#av;
    const source = frame.data ?? [];
    const strides = frame.linesize.slice(0, source.length);
    const bytes = sharedBuffer(target);
    const format = constants.AV_PIX_FMT_YUV420P;
    if (frame.format === format && frame.width === width && frame.height === height) {
      this.#av.avImageCopyToBuffer(bytes, bytes.length, source, strides, format, width, height, 1);
      return;
    }
    const luma = width * height;
    const planes = [bytes.subarray(0, luma), bytes.subarray(luma, luma * 1.25), bytes.subarray(luma * 1.25)];
    const scaler = this.#scalerFor(frame, width, height);
    const result = await scaler.scale(source, strides, 0, frame.height, planes, [width, width / 2, width / 2]);
    FFmpegError.throwIfError(result, "scale");
  }

  close(): void {
    this.#scaler?.context.freeContext();
  }

  #scalerFor({ width, height, format }: Frame, targetWidth: number, targetHeight: number): SoftwareScaleContext {
    const key = [width, height, format].join();
    if (this.#scaler?.key === key) return this.#scaler.context;
    const { constants } = this.#av;
    this.#scaler?.context.freeContext();
    const context = new this.#av.SoftwareScaleContext();
    const from = format as typeof constants.AV_PIX_FMT_YUV420P;
    const to = constants.AV_PIX_FMT_YUV420P;
    context.getContext(width, height, from, targetWidth, targetHeight, to, constants.SWS_BILINEAR);
    this.#scaler = { context, key };
    return context;
  }
}
