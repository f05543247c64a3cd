/** Where a text is found: what goes into a URL is percent-encoded. */
export type Setting = 'text' | 'url';

/** The ways in which a value is written, each with what is written there for the other value. */
export function spellings(from: string, to: string): Map<string, Readonly<Record<Setting, string>>> {
  const found = new Map([[from, { text: to, url: encodedLike(to, from) }]]);
  const add = (text: string, replacement: string) => {
    if (!found.has(text)) {
      found.set(text, { text: replacement, url: replacement });
    }
  };
  for (const encode of [component, formComponent, uri]) {
    add(encode(from), encode(to));
    add(lowerHex(encode(from)), lowerHex(encode(to)));
  }
  return found;
}

function component(value: string): string {
  return encodeURIComponent(wellFormed(value));
}

function uri(value: string): string {
  return encodeURI(wellFormed(value));
}

/** As in a form (URL standard, 5.2): a space is a plus. */
function formComponent(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

/** Without half surrogates, which have no percent-encoding. */
function wellFormed(value: string): string {
  return Buffer.from(value).toString();
}

function lowerHex(encoded: string): string {
  return encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
}

/** Percent-encoded, but for the delimiters that the other value has too: where it stands as it is, they mean nothing. */
function encodedLike(value: string, other: string): string {
  return component(value).replace(/%(?:2[1-46-9A-F]|3[A-F]|40|5[BD])/g, (byte) => {
    const character = decodeURIComponent(byte);
    return other.includes(character) ? character : byte;
  });
}
