import type { ByteText } from './byte-text.js';
import type { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** `<name attributes>text</`: the text of an element that holds no other. */
const ELEMENT =
  /<(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,60})(?:\s[^<>]{0,400})?>(?:(?<text>[^<]{1,16384})|\s{0,20}<!\[CDATA\[(?<data>(?:[^\]<]|\](?!\]>)|<(?!!\[)){1,16384})\]\]>\s{0,20})<\//dg;

/** Fields of forms, and what pages carry for their scripts. */
const TAG = /<(?:input|button|meta|param)\s[^<>]{0,2000}>/gi;
const ATTRIBUTE = /\s(name|id|property|value|content)\s{0,4}=\s{0,4}(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+))/dgi;

/** Replaces the values of secret names in XML and HTML: of elements, and of the fields of forms. */
export function findMarkup(text: ByteText, secrets: Secrets, found: Redactions): void {
  for (const match of text.matchAll(ELEMENT)) {
    const [start, end] = match.indices?.groups?.['text'] ?? match.indices?.groups?.['data'] ?? [0, 0];
    judge(match[1] ?? '', start, end);
  }
  for (const { 0: tag, index } of text.matchAll(TAG)) {
    const attributes = new Map<string, readonly [number, number]>();
    for (const match of tag.matchAll(ATTRIBUTE)) {
      attributes.set(
        (match[1] ?? '').toLowerCase(),
        match.indices?.slice(2).find((place) => place !== undefined) ?? [0, 0],
      );
    }
    const name = attributes.get('name') ?? attributes.get('property') ?? attributes.get('id');
    const value = attributes.get('value') ?? attributes.get('content');
    if (name !== undefined && value !== undefined) {
      judge(tag.slice(...name), index + value[0], index + value[1]);
    }
  }

  function judge(name: string, start: number, end: number): void {
    const value = text.slice(start, end);
    if (secrets.names.keeps(name)) {
      found.keep(start, end);
    } else if (secrets.isSecret(secrets.names.verdict('field', name), value) && value.trim() !== '') {
      found.replace(start, end, secrets.insteadOf(name, value));
    }
  }
}
