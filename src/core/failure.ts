/** How deep the causes of an error are followed. */
const MAX_DEPTH = 5;

interface FailureJson {
  readonly name: string;
  readonly message: string;
  /** Own properties that are plain values: `code`, `errno`, `syscall`, `address`, `port`, … */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: FailureJson;
  /** Those of an AggregateError. */
  readonly errors?: readonly FailureJson[];
}

const NOT_FIELDS = new Set(['name', 'message', 'stack', 'cause', 'errors', '__proto__']);

/**
 * An error as text that a cassette keeps: name, message, plain own properties such as `code`, cause.
 *
 * @param text Makes each text that is kept fit to be published.
 */
export function describeFailure(error: unknown, text: (text: string) => string): string {
  return JSON.stringify(toJson(error, text, MAX_DEPTH));
}

function toJson(error: unknown, text: (text: string) => string, depth: number): FailureJson {
  if (!isError(error)) {
    return { name: 'Error', message: text(String(error)) };
  }
  const fields = Object.entries(error)
    .filter(([name, value]) => isField(name, value))
    .map(([name, value]) => [name, typeof value === 'string' ? text(value) : value]);
  const { name, message, cause, errors } = error as AggregateError;
  return {
    name: String(name),
    message: text(String(message)),
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
    ...(isError(cause) && depth > 0 && { cause: toJson(cause, text, depth - 1) }),
    ...(Array.isArray(errors) &&
      depth > 0 && { errors: errors.map((inner: unknown) => toJson(inner, text, depth - 1)) }),
  };
}

function isField(name: string, value: unknown): boolean {
  return !NOT_FIELDS.has(name) && ['string', 'number', 'boolean'].includes(typeof value);
}

// `instanceof` does not know the errors of another realm, such as those of a test runner's sandbox.
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && typeof (value as Error).message === 'string';
}

/**
 * The error that a recorded exchange ended with: name, message, properties and causes as they were. A text that is none
 * of `describeFailure`'s becomes the message.
 */
export function reviveFailure(text: string): Error {
  try {
    return fromJson(JSON.parse(text) as FailureJson, MAX_DEPTH);
  } catch {
    return new Error(text || 'the exchange failed when it was recorded');
  }
}

const CLASSES: Readonly<Record<string, ErrorConstructor>> = { Error, TypeError, RangeError, SyntaxError };

function fromJson(json: FailureJson, depth: number): Error {
  const { name, message, fields, cause, errors } = json;
  if (typeof name !== 'string' || typeof message !== 'string' || depth < 0) {
    throw new TypeError('not the description of an error');
  }
  const options = cause === undefined ? {} : { cause: fromJson(cause, depth - 1) };
  const Class = (Object.hasOwn(CLASSES, name) && CLASSES[name]) || Error;
  const error = Array.isArray(errors)
    ? new AggregateError(
        errors.map((inner: FailureJson) => fromJson(inner, depth - 1)),
        message,
        options,
      )
    : new Class(message, options);
  if (error.name !== name) {
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  }
  for (const [field, value] of Object.entries(fields ?? {})) {
    if (isField(field, value)) {
      Reflect.set(error, field, value);
    }
  }
  return error;
}
