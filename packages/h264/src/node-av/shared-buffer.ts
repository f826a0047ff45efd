/** A Buffer over the memory of `bytes`: node-av takes no other Uint8Array. */
export function sharedBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
