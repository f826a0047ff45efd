import { Option } from "commander";

/** Other users of a machine see the arguments of a command, but not its environment. */
export function tokenOption(): Option {
  return new Option("--token <token>", "token of the stage, sent as Authorization: Bearer").env("INBAND_TOKEN");
}
