/**
 * Text that a terminal only shows. A cassette is untrusted: its texts may hold escape sequences, which would move the
 * cursor, or rename the window.
 */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (one) => {
    return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same in one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\t/g, '\\t').replace(/\n/g, '\\n');
}
