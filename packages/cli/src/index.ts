/**
 * The command line of inband: what `npx inband` runs. Pick this door only to start a command from a program; to publish
 * or subscribe from code, use `@inband/publisher` and `@inband/subscriber`.
 *
 * @module
 */
export { main } from "./main.ts";
