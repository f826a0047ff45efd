import { CommandError } from "./command-error.ts";

/** A command that was typed in a way that makes no sense; the exit code is 2 where a command tells that from failing. */
export class UsageError extends CommandError {}
