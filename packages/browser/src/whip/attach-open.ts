/**
 * Attaches what may have been closed meanwhile: a connection that is made again brings the picture and the sound without
 * it. Undefined where it is closed; anything else that `attach` throws is thrown.
 */
export function attachOpen<Attachment>(attach: () => Attachment): Attachment | undefined {
  try {
    return attach();
  } catch (error) {
    if ((error as { readonly code?: unknown } | undefined)?.code === "closed") return undefined;
    throw error;
  }
}
