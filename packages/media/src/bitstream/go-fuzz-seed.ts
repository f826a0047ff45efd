const header = "go test fuzz v1\n";
const escapes: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 },
  ...{ "\\": 92, '"': 34, "'": 39 },
};

/** Whether bytes begin as the files that `go test -fuzz` keeps under testdata/fuzz. */
export function isGoFuzzSeed(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, header.length)) === header;
}

/** The `[]byte` and `string` values of such a file; a value that is not Go syntax is left out. */
export function goFuzzValues(file: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (const line of new TextDecoder().decode(file).slice(header.length).split("\n")) {
    const quoted = /^(?:\[\]byte|string)\("((?:[^"\\]|\\.)*)"\)\s*$/.exec(line)?.[1];
    const raw = /^(?:\[\]byte|string)\(`([^`]*)`\)\s*$/.exec(line)?.[1];
    if (quoted !== undefined) values.push(unquote(quoted));
    else if (raw !== undefined) values.push(new TextEncoder().encode(raw));
  }
  return values;
}

/** The bytes of a Go interpreted string literal (The Go Programming Language Specification, String literals). */
function unquote(text: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const pattern = /\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([0-7]{3})|\\(.)|([^\\])/gsu;
  for (const [, hex, short, long, octal, letter, plain] of text.matchAll(pattern)) {
    const codePoint = Number.parseInt(short ?? long ?? "", 16);
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (codePoint <= 0x10ffff) bytes.push(...encoder.encode(String.fromCodePoint(codePoint)));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else if (letter !== undefined) bytes.push(escapes[letter] ?? letter.charCodeAt(0));
    else if (plain !== undefined) bytes.push(...encoder.encode(plain));
  }
  return Uint8Array.from(bytes);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
