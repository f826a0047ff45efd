import { serveFrames } from "./frame-server.ts";
import { FrameWriter } from "./frame-writer.ts";

serveFrames("carrier", (post) => new FrameWriter(post));
