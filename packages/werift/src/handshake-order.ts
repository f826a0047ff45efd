import {
  buildDtlsRecord,
  buildHandshake,
  type DtlsRecord,
  type HandshakeFragment,
  readHandshakeFragments,
} from "./dtls-record.ts";

/** The handshake message that a server may have to answer again. */
const clientHello = 1;

/** Messages that are kept ahead of the one that is due. A flight has at most five. */
const maxAhead = 16;

/**
 * The unencrypted messages of a peer's handshake, each whole, once, in the order of `message_seq` (RFC 6347 4.2.2, 4.2.3).
 *
 * werift 0.25.2 acts on each as it comes. A HelloVerifyRequest or a ClientKeyExchange that comes twice, because the first
 * answer was lost or half a second late, gives it other keys than its peer has, and the handshake never ends. It sends
 * its own flights again by a timer, so that a repeated flight of the peer needs no answer but two: the first ClientHello
 * is passed again until a second one shows that the HelloVerifyRequest has come, and a Finished is encrypted and does not
 * come here.
 */
export class HandshakeOrder {
  readonly #fragments = new Map<number, HandshakeFragment[]>();
  #due = 0;

  /** The messages that a record completes, each as a record of its own. */
  read(record: DtlsRecord): Buffer[] {
    const messages: Buffer[] = [];
    const take = (sequence: number): boolean => {
      const message = whole(this.#fragments.get(sequence));
      if (!message) return false;
      this.#fragments.delete(sequence);
      messages.push(buildDtlsRecord({ ...record, fragment: buildHandshake(message) }));
      return true;
    };
    for (const fragment of readHandshakeFragments(record.fragment)) {
      const { messageSequence: sequence, messageType } = fragment;
      const isHelloAgain = sequence === 0 && this.#due === 1 && messageType === clientHello;
      if (isHelloAgain || (sequence >= this.#due && sequence < this.#due + maxAhead)) this.#keep(fragment);
      if (isHelloAgain) take(sequence);
      while (take(this.#due)) this.#due++;
    }
    return messages;
  }

  #keep(fragment: HandshakeFragment): void {
    const kept = this.#fragments.get(fragment.messageSequence);
    if (kept) kept.push(fragment);
    else this.#fragments.set(fragment.messageSequence, [fragment]);
  }
}

/** The message that fragments add up to, which may come in any order, overlap and repeat each other. */
function whole(
  fragments: readonly HandshakeFragment[] = [],
): Omit<HandshakeFragment, "offset" | "messageBytes"> | undefined {
  const [first] = fragments;
  if (!first) return;
  const { messageBytes } = first;
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const { offset, body } of fragments.toSorted((a, b) => a.offset - b.offset)) {
    if (offset > bytes) return;
    parts.push(body.subarray(bytes - offset));
    bytes = Math.max(bytes, offset + body.length);
  }
  return bytes < messageBytes ? undefined : { ...first, body: Buffer.concat(parts, messageBytes) };
}
