/** The three planes of an I420 picture, as views of one buffer. Sizes are even. */
export class I420Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;

  constructor(width: number, height: number) {
    const luma = width * height;
    this.data = new Uint8Array((luma * 3) / 2);
    this.width = width;
    this.height = height;
    this.y = this.data.subarray(0, luma);
    this.u = this.data.subarray(luma, luma + luma / 4);
    this.v = this.data.subarray(luma + luma / 4);
  }

  /** Fills a rectangle with one colour. Its edges are even, in luma pixels, and inside the picture. */
  fill(left: number, top: number, right: number, bottom: number, y: number, u: number, v: number): void {
    fillPlane(this.y, this.width, left, top, right, bottom, y);
    fillPlane(this.u, this.width / 2, left / 2, top / 2, right / 2, bottom / 2, u);
    fillPlane(this.v, this.width / 2, left / 2, top / 2, right / 2, bottom / 2, v);
  }
}

function fillPlane(
  plane: Uint8Array,
  stride: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
  level: number,
): void {
  for (let row = top; row < bottom; row++) plane.fill(level, row * stride + left, row * stride + right);
}
