/** A stage in a process of its own, on the port and with the secret that it is given, until it is killed. */
import { createStage, serveStage } from "@inband/stage/server";

const [port, secret = ""] = process.argv.slice(2);
const stage = createStage({ secret: Buffer.from(secret, "hex"), topic: "test" });
await serveStage(stage, { port: Number(port) });
console.log("listening");
