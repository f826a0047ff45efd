import { FrameReader } from "./frame-reader.ts";
import { serveFrames } from "./frame-server.ts";

serveFrames("feed", (post) => new FrameReader(post));
