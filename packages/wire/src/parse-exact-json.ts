const strings = /"(?:[^"\\]|\\.)*"/g;
const integers = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/**
 * What a text of JSON says, where `JSON.parse` would round an integer of more than 53 bits to another one in silence.
 *
 * @throws SyntaxError for what is not JSON, and RangeError for such an integer.
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  for (const [digits] of text.replace(strings, '""').matchAll(integers)) {
    if (BigInt(digits) === BigInt(Number(digits))) continue;
    throw new RangeError(`${digits} has more digits than a JSON number keeps: send it as a string`);
  }
  return value;
}
