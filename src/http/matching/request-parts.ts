import type { HeaderPair } from '../../core/interaction.js';

/** A value that JSON can hold, as `JSON.parse` gives it. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A parameter of a query or a form, decoded. `?a` has no value, `?a=` has an empty one. */
export type Parameter = readonly [name: string, value: string | undefined];

/** A part of a multipart body. Its headers are sorted by name, names in lower case, values as text. */
export interface MultipartPart {
  readonly headers: readonly HeaderPair[];
  readonly body: BodyParts;
}

/**
 * What a body holds. Forms have their fields sorted by name, repeated names in order. A body is `text` where it is
 * UTF-8 and nothing else fits, else `bytes`; `custom` is what `match.body` made of it.
 */
export type BodyParts =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'form'; readonly fields: readonly Parameter[] }
  | { readonly kind: 'multipart'; readonly parts: readonly MultipartPart[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'custom'; readonly text: string };

/** What counts of a request under a matching policy. What the policy leaves out is absent. */
export interface RequestParts {
  /** Where it is not HTTP's own, but that of a connection which began as a request. */
  readonly protocol?: string;
  readonly method?: string;
  /** In the place of `origin` and `path`: what `match.url` made of the URL, or a target that is no URL. */
  readonly url?: string;
  /** Scheme, host and port, without user-info and without a default port. */
  readonly origin?: string;
  /** The segments of the path, decoded: `/items/7` is `['items', '7']`, `/` is `['']`. */
  readonly path?: readonly string[];
  /** Sorted by name, repeated names in order. */
  readonly query: readonly Parameter[];
  /** Sorted by name, the lines of one name in order. Names in lower case, values trimmed. */
  readonly headers: readonly HeaderPair[];
  readonly body: BodyParts;
  readonly custom?: string;
}

/** What stands in the parts where `vary` makes a value a variable. */
export const VARIED = '(varies)';
