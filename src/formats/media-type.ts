/** A `content-type` (RFC 9110, 8.3.1). */
export interface MediaType {
  /** Such as `text/plain`, in lower case; '' where there is none. */
  readonly type: string;
  readonly charset: string | undefined;
  /** Between the parts of a multipart body (RFC 2046, 5.1.1). */
  readonly boundary: string | undefined;
}

/** Reads a `content-type`; undefined for a message that has none. */
export function mediaType(contentType: string | undefined): MediaType {
  const [type = ''] = (contentType ?? '').split(';', 1);
  return {
    type: type.trim().toLowerCase(),
    charset: parameter(contentType, 'charset'),
    boundary: parameter(contentType, 'boundary'),
  };
}

function parameter(contentType = '', name: string): string | undefined {
  for (const [, found = '', quoted, token] of contentType.matchAll(
    /;[ \t]*([^\s;="]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/g,
  )) {
    if (found.toLowerCase() === name) {
      return quoted?.replace(/\\(.)/g, '$1') ?? token?.trim();
    }
  }
  return undefined;
}
