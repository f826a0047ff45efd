import { type FileHandle, open } from "node:fs/promises";

const chunkBytes = 1 << 20;

/** Bytes with random access: a file or a buffer. */
export interface StoredBytes {
  readonly sizeBytes: number;
  /** Fewer than `length` bytes only at the end. The result is not written to again. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file that stays open until it is closed. */
export async function openFileBytes(path: string): Promise<StoredBytes> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    let closing: Promise<void> | undefined;
    return {
      sizeBytes: size,
      read: (position, length) => readFully(file, position, Math.min(length, Math.max(0, size - position))),
      close: () => {
        closing ??= file.close();
        return closing;
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A buffer as if it were a file. */
export function memoryBytes(bytes: Uint8Array): StoredBytes {
  return {
    sizeBytes: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
    close: async () => undefined,
  };
}

/** All bytes in order, in chunks of 1 MiB. */
export async function* chunksOf(bytes: StoredBytes): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; position < bytes.sizeBytes; ) {
    const chunk = await bytes.read(position, chunkBytes);
    if (chunk.length === 0) return;
    position += chunk.length;
    yield chunk;
  }
}

async function readFully(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? bytes : bytes.subarray(0, filled);
}
