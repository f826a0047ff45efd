import { frameReader } from "./frame-reader.ts";
import { serveFrames } from "./frame-server.ts";

serveFrames("feed", frameReader);
