import { readFileSync } from 'node:fs';

/** A body as it stands in a cassette file. */
export interface BodyInFile {
  json?: unknown;
  style?: string;
  text?: string | string[];
  charset?: string;
  chunks?: (string | string[])[];
  form?: [string, string][];
  multipart?: BodyInFile[];
  base64?: string;
  encoding?: string | string[];
  complete?: false;
}

/** A cassette file, as far as its bodies go. */
export interface CassetteInFile {
  interactions: {
    json: {
      request: { target: string; body?: BodyInFile };
      fingerprint?: string;
      response: { metadata: [string, string][]; body?: BodyInFile; chunks?: number[] };
    };
  }[];
}

/** What stands in a cassette's file. */
export function readCassetteFile(path: string): CassetteInFile {
  return JSON.parse(readFileSync(path, 'utf8')) as CassetteInFile;
}

/**
 * The form of a body in one line: `none`; `json indent-2`; `text` or `lines`, or `chunks` of it, with a charset other
 * than UTF-8; `form`; `multipart(…)` with the forms of its parts; `base64`. The codings that it is sent in come first,
 * the number of its chunks last where the form does not show them: `gzip json`, `base64 in 3`.
 *
 * @param isManifold The number of chunks is not the same each time.
 */
export function formOf(body: BodyInFile | undefined, chunks?: readonly number[], isManifold = false): string {
  if (body === undefined) {
    return 'none';
  }
  const codings = codingsOf(body);
  const words = [
    codings.length > 0 && codings.join(),
    body.json !== undefined && 'json',
    body.text !== undefined && (typeof body.text === 'string' ? 'text' : 'lines'),
    body.chunks !== undefined && 'chunks',
    body.form !== undefined && 'form',
    body.multipart !== undefined && `multipart(${body.multipart.map((part) => formOf(part)).join(', ')})`,
    body.base64 !== undefined && 'base64',
    body.style,
    body.charset,
    body.complete === false && 'cut off',
    chunks !== undefined && `in ${isManifold ? 'many' : chunks.length}`,
  ];
  return words.filter(Boolean).join(' ');
}

/** The codings that the wire has and the file has not. */
export function codingsOf(body: BodyInFile | undefined): readonly string[] {
  return [body?.encoding ?? []].flat();
}
