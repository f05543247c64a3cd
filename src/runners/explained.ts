import { InterpositionError } from '../core/errors.js';

/**
 * A test's error, as it is to be shown: where a request was not answered, and the program made another error of that, the
 * text begins with the reason. The error stays the one that was thrown: runners show its place, and what it compares.
 */
export function explained(error: unknown, unanswered: Error | undefined): unknown {
  const reason = reasonIn(error) ?? unanswered;
  if (reason === undefined || reason === error || !isError(error) || error.message.includes(reason.message)) {
    return error;
  }
  const { message, stack } = error;
  const text = `${reason.message}\n\nThe test then failed with: ${message}`;
  try {
    error.message = text;
    if ('generatedMessage' in error) {
      // Else Jest shows what was compared, and not the text.
      error.generatedMessage = false;
    }
    if (typeof stack === 'string' && error.stack === stack) {
      // The message stands in the stack as it was when the error was made.
      error.stack = message !== '' && stack.includes(message) ? stack.replace(message, () => text) : stack;
    }
  } catch {
    // A frozen one stays as it is.
  }
  return error;
}

/** An error of this library that another one was made of. */
function reasonIn(error: unknown): Error | undefined {
  for (let at = error, depth = 0; isError(at) && depth < 10; at = at.cause, depth++) {
    if (at instanceof InterpositionError) {
      return at;
    }
  }
  return undefined;
}

/** Also one of another realm. */
function isError(value: unknown): value is Error {
  return typeof (value as Error | undefined)?.message === 'string';
}
