/**
 * The command line of inband: what `npx inband` runs. Use this entry point only to start a command from a program. To
 * publish or subscribe from code, use `@inband/publisher` and `@inband/subscriber`; to look into a stream,
 * `@inband/media/inspect`.
 *
 * @module
 */
export { main } from "./main.ts";
