/** Always the same one: it plays no part in matching. */
const BOUNDARY = '----interposition-form-boundary';

/** The `content-type` of a form that is encoded without a boundary of its own. */
export const FORM_CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Is it a FormData, of whichever package's class? */
export function isFormData(body: unknown): body is FormData {
  return (
    typeof body === 'object' &&
    (body as { [Symbol.toStringTag]?: unknown } | null)?.[Symbol.toStringTag] === 'FormData' &&
    typeof (body as FormData).entries === 'function'
  );
}

/**
 * The bytes of a form as undici encodes them, but for the boundary, which undici draws anew each time. Follows the
 * "multipart/form-data encoding algorithm" of the HTML standard.
 *
 * @param boundary Where a `content-type` has named one already.
 */
export async function encodeForm(form: FormData, boundary = BOUNDARY): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const [name, value] of form.entries()) {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(newlines(name))}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${disposition}\r\n\r\n${newlines(value)}\r\n`));
    } else {
      const file = value.name ? `; filename="${escaped(value.name)}"` : '';
      const type = `Content-Type: ${value.type || 'application/octet-stream'}`;
      parts.push(
        Buffer.from(`${disposition}${file}\r\n${type}\r\n\r\n`),
        new Uint8Array(await value.arrayBuffer()),
        Buffer.from('\r\n'),
      );
    }
  }
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

function escaped(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}

function newlines(text: string): string {
  return text.replace(/\r?\n|\r/g, '\r\n');
}
