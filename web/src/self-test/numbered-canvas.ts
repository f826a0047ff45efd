import { drawFrameNumber } from "@inband/media/frame-number";

const width = 640;
const height = 360;
const stripRows = height / 12;
const framerate = 30;

/** A picture that moves, and says its number to eyes and to machines. */
export class NumberedCanvas {
  readonly stream: MediaStream;
  /** Number of the picture that is drawn. */
  number = 0;
  readonly #context: CanvasRenderingContext2D;
  readonly #luma = new Uint8Array(width * height);
  readonly #strip: ImageData;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.#context = canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
    this.#strip = this.#context.createImageData(width, stripRows);
    this.#draw();
    this.stream = canvas.captureStream(framerate);
    this.#timer = setInterval(() => this.#draw(), 1000 / framerate);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const track of this.stream.getTracks()) track.stop();
  }

  #draw(): void {
    const context = this.#context;
    this.number += 1;
    const turn = this.number / framerate;
    const sky = context.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, `hsl(${248 + 12 * Math.sin(turn / 2)} 70% 34%)`);
    sky.addColorStop(1, `hsl(${300 + 20 * Math.cos(turn / 3)} 62% 26%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "rgb(255 255 255 / 16%)";
    for (let dot = 0; dot < 12; dot += 1) {
      const angle = turn + (dot * Math.PI) / 6;
      context.beginPath();
      context.arc(width / 2 + 120 * Math.cos(angle), height / 2 + 120 * Math.sin(angle), 5 + dot, 0, 2 * Math.PI);
      context.fill();
    }
    context.fillStyle = "white";
    context.font = "600 84px ui-monospace, monospace";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(this.number).padStart(4, "0"), width / 2, height / 2 + 8);
    this.#drawStrip();
  }

  #drawStrip(): void {
    drawFrameNumber(this.#luma, width, height, this.number);
    const { data } = this.#strip;
    for (let pixel = 0; pixel < width * stripRows; pixel += 1) {
      data.fill(this.#luma[pixel] ?? 0, pixel * 4, pixel * 4 + 3);
      data[pixel * 4 + 3] = 255;
    }
    this.#context.putImageData(this.#strip, 0, 0);
  }
}
