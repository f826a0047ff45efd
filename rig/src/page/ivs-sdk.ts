/** The Amazon IVS SDK sets this alarm when it is loaded, to fetch a configuration from a server of Amazon. */
const fetchAfterMs = 5000;

const { setTimeout } = globalThis;
globalThis.setTimeout = ((callback: () => void, ms?: number, ...rest: []) =>
  ms === fetchAfterMs ? 0 : setTimeout(callback, ms, ...rest)) as typeof setTimeout;
/** The real SDK, unmodified, in a page of its own that reaches nobody. */
const sdk: typeof import("amazon-ivs-web-broadcast") = await import("amazon-ivs-web-broadcast");
globalThis.setTimeout = setTimeout;

export const { LocalStageStream, Stage, StageEvents, SubscribeType } = sdk;
