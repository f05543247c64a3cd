import { describe, InterpositionError } from '../../core/errors.js';

const MOST_CHARACTERS = 300;

/**
 * Why a storage failed, on one line, without credentials: what its errors say, down to the first cause. A server's answer
 * that is a document is left out.
 */
export function reasonOf(error: unknown): string {
  const reasons = new Set<string>();
  for (let next = error; next !== undefined && reasons.size < 4; next = causeOf(next)) {
    // Node's for a name with several addresses says nothing itself.
    reasons.add(next instanceof AggregateError ? next.errors.map(describe).join(', ') : describe(next));
  }
  const text = withoutCredentials([...reasons].join(': '))
    .replace(/<(?:\?xml|!doctype|html|Error)\b.*$/is, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && !(error instanceof InterpositionError) ? error.cause : undefined;
}

/** A text in which no URL says who asks, and with which password. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '$1');
}

/**
 * The error without what drivers put beside its message: the command that failed, with a password or a whole interaction
 * in it.
 */
export function bareCause(error: unknown): Error {
  if (error instanceof InterpositionError) {
    return error;
  }
  const { name, stack, code } = (error instanceof Error ? error : {}) as Partial<NodeJS.ErrnoException>;
  const bare = new Error(reasonOf(error));
  Object.defineProperty(bare, 'name', { value: name ?? 'Error', configurable: true, writable: true });
  const frames = stack?.match(/^ +at .*$/gm);
  bare.stack = [`${bare.name}: ${bare.message}`, ...(frames ?? [])].join('\n');
  return code === undefined ? bare : Object.assign(bare, { code });
}
