/** Something that whoever typed the command can put right. The message is the whole sentence that they read. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
