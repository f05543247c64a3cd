import { isPairs } from './shapes.js';

/** The fields of a form, as `application/x-www-form-urlencoded` (URL Standard, section 5). */
export interface FieldsForm {
  readonly form: readonly (readonly [name: string, value: string])[];
}

/** The fields that a text is, where they are printed as exactly that text. */
export function fieldsForm(text: string): FieldsForm | undefined {
  const fields = new URLSearchParams(text);
  return text !== '' && fields.toString() === text ? { form: [...fields] } : undefined;
}

/**
 * The bytes of such a form, checked at once and made when they are asked for.
 *
 * @throws TypeError for something that is no list of pairs.
 */
export function readFields({ form }: { form?: unknown }): () => Uint8Array {
  if (!isPairs(form)) {
    throw new TypeError('"form" is not a list of [name, value] pairs of strings');
  }
  const fields = form.map(([name, value]): [string, string] => [name, value]);
  return () => new TextEncoder().encode(new URLSearchParams(fields).toString());
}
