import type { EncoderBackend, OpenEncoder } from "./backend.ts";
import type { EncoderSettings } from "./encoder-options.ts";

/** An encoder that is not FFmpeg's. */
export interface EncoderRegistration {
  /** Names it for `codec`: letters, digits, `_` and `-`. */
  readonly codec: string;
  /** Whether it runs on a GPU or another chip of its own. @defaultValue false */
  readonly hardware?: boolean;
  /**
   * Opens it. It is opened anew for pictures of another size, and after it died.
   *
   * @throws Error whose message says why it does not run here.
   */
  open(settings: EncoderSettings): Promise<OpenEncoder>;
}

const registered = new Map<string, EncoderRegistration>();

/**
 * Adds an encoder, which `createEncoder` then opens by its name; `auto` does not.
 *
 * @returns What takes it away again. Encoders that are open go on.
 * @throws TypeError for a name that is not one or is taken.
 */
export function registerEncoder(registration: EncoderRegistration): () => void {
  const { codec, open } = registration;
  if (typeof codec !== "string" || !/^[\w-]{1,64}$/.test(codec)) {
    throw new TypeError(`codec is ${String(codec)}; it must be a name of up to 64 letters, digits, _ and -.`);
  }
  if (typeof open !== "function") throw new TypeError("open must be a function.");
  if (["auto", "libx264", "h264_nvenc"].includes(codec) || registered.has(codec)) {
    throw new TypeError(`codec is ${codec}; an encoder of this name is there already.`);
  }
  registered.set(codec, registration);
  return () => {
    if (registered.get(codec) === registration) registered.delete(codec);
  };
}

/** The encoder that was registered under a name. */
export function registeredEncoder(codec: string): EncoderRegistration | undefined {
  return registered.get(codec);
}

/** The names that were registered. */
export function registeredNames(): readonly string[] {
  return [...registered.keys()];
}

/** Opens a registered encoder as a backend does. */
export function registeredBackend(registration: EncoderRegistration): EncoderBackend {
  return { open: (_codec, settings) => registration.open(settings) };
}
