import { parse, v7 } from "uuid";

/** Where an id gets its time and its random bits from. */
export interface MessageIdOptions {
  /** Wall clock in milliseconds. It defaults to `Date.now()`. */
  readonly nowMs?: number;
  /** Fills bytes with random ones. It defaults to `crypto.getRandomValues`. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => unknown;
}

/** Ids that share one call of `crypto.getRandomValues`, which would cost more than all else that publishing does. */
const idsInPool = 64;
let pool: Uint8Array<ArrayBuffer> | undefined;
let poolAt = 0;

/** A new message id: a UUIDv7 (RFC 9562 5.7), which also says when the message was published. */
export function createMessageId(options: MessageIdOptions = {}): string {
  const random = options.random === undefined ? pooledBytes() : new Uint8Array(16);
  options.random?.(random);
  return v7({ msecs: Math.floor(options.nowMs ?? Date.now()), random });
}

/** 16 random bytes that no other id has had. */
function pooledBytes(): Uint8Array<ArrayBuffer> {
  pool ??= new Uint8Array(16 * idsInPool);
  if (poolAt === 0) crypto.getRandomValues(pool);
  const bytes = pool.subarray(poolAt, poolAt + 16);
  poolAt = (poolAt + 16) % pool.length;
  return bytes;
}

/** The 16 bytes of an id. Throws TypeError for text that is not a UUID. */
export function parseMessageId(id: string): Uint8Array {
  return parse(id);
}

/** When a message was published, in milliseconds since 1970: the first 48 bits of its id. */
export function messageIdTimeMs(id: string): number {
  return Number.parseInt(id.replace("-", "").slice(0, 12), 16);
}
