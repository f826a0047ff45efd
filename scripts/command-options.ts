import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<Taken extends Options> = ReturnType<typeof parseArgs<{ options: Taken }>>["values"];

/**
 * What stands behind `npm run NAME --`. `--help` prints the usage and ends with 0; an option that there is not, or one
 * without its value, is told in one sentence above the usage, and ends with 2.
 */
export function commandOptions<const Taken extends Options>(usage: string, options: Taken): Values<Taken> {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if (!("help" in values)) return values as Values<Taken>;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")))
      throw error;
    const [sentence] = error.message.split(/\. |\n/);
    console.error(`${sentence}.\n\n${usage}`);
    process.exit(2);
  }
}
