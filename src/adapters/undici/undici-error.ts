/** Marks a revived error as undici's: its classes know their instances, also those of another copy, by these symbols. */
export function asUndiciError(error: Error): Error {
  for (const mark of marksOf(error)) {
    Object.defineProperty(error, Symbol.for(`undici.error.${mark}`), { value: true });
  }
  return error;
}

function marksOf({ name, code }: NodeJS.ErrnoException): readonly string[] {
  if (name === 'HTTPParserError') {
    // The one whose `code` is not its own: the parser's, or none.
    return ['UND_ERR_HTTP_PARSER'];
  }
  return typeof code === 'string' && code.startsWith('UND_ERR') ? [...new Set(['UND_ERR', code])] : [];
}
