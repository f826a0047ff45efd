import { type BuildOptions, build } from "esbuild";

/** What is bundled: the module of a path, or lines that import from `resolveDir`. */
export type BundleInput = { readonly entry: string } | { readonly contents: string; readonly resolveDir?: string };

/** One script for browsers, from the sources of the packages as an application would bundle them. */
export async function bundle(input: BundleInput, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    ...("entry" in input ? { entryPoints: [input.entry] } : { stdin: { ...input, loader: "ts" as const } }),
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    conditions: ["@inband/source"],
    ...options,
    write: false,
  });
  return outputFiles?.[0]?.text ?? "";
}
