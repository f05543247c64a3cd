import type { MetadataPair } from '../core/metadata.js';

/**
 * What HAR 1.2 has no place for, in the field `_interposition` of an entry: other tools pass over fields that begin
 * with an underscore, and an import takes it from there.
 */
export interface HarExtra {
  /** How it was recorded. */
  readonly metadata: readonly MetadataPair[];
  /** The URL, where it is none by RFC 3986, as HAR wants it. */
  readonly target?: string;
  /** The request's body in base64, where it is no text. */
  readonly requestBody?: string;
  /** The interim responses' part of the metadata. */
  readonly interim?: readonly MetadataPair[];
  /** False where the metadata has no status text at all, which is not an empty one. */
  readonly statusText?: false;
  /** The trailers' part of the metadata of the first chunk; that of later ones is in `chunkMetadata`. */
  readonly trailers?: readonly MetadataPair[];
  /** The lengths of the chunks, where there are several: as the body stands in `content`, or in `wire`. */
  readonly chunks?: readonly number[];
  /** The metadata of later chunks, by their number. */
  readonly chunkMetadata?: Readonly<Record<string, readonly MetadataPair[]>>;
  /** Of an encoded body: how it was, where the headers do not say it exactly. */
  readonly encoding?: string | readonly string[];
  readonly complete?: false;
  /** The body as it came over the wire: true where that is what `content` has, else base64. */
  readonly wire?: true | string;
}

export const HAR_EXTRA = '_interposition';

/** What RFC 3986 has in a path, a query and a fragment: other characters, and percent signs of nothing, are escaped. */
export function asUri(target: string): string {
  const [origin = ''] = /^[^:]+:\/\/[^/?#]*/.exec(target) ?? [];
  const rest = target
    .slice(origin.length)
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(/[^\w!#$%&'()*+,\-./:;=?@~]/gu, (character) =>
      Buffer.from(character).toString('hex').replace(/../g, '%$&'),
    );
  return origin + rest;
}
