import type { InteractionRequest } from '../core/interaction.js';
import { headerValue } from './headers.js';

/**
 * The match key of an HTTP request: its method, its URL and its body. The boundary of a multipart body does not
 * count: clients draw a new one for each request.
 */
export function httpMatchKey(request: InteractionRequest): string {
  return JSON.stringify([request.action, request.target, bodyKey(request)]);
}

function bodyKey({ headers, body }: InteractionRequest): string | string[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const named = multipartBoundary(headerValue(headers, 'content-type'));
  if (named === undefined) {
    return text;
  }
  const boundary = text.includes(`--${named}`) ? named : (boundaryOf(text) ?? named);
  return `\n${text}`.split(new RegExp(`\\r?\\n--${escaped(boundary)}`));
}

/**
 * The boundary that a multipart body itself has: fetch encodes a form anew when it follows a redirect with it, and
 * leaves the `content-type` as it was.
 */
function boundaryOf(text: string): string | undefined {
  const boundary = /^--([^\r\n]+)\r?\n/.exec(text)?.[1];
  return boundary !== undefined && text.trimEnd().endsWith(`--${boundary}--`) ? boundary : undefined;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The boundary that a multipart `content-type` names (RFC 2046, section 5.1.1). */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\//i.test(contentType)) {
    return undefined;
  }
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}
