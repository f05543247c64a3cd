import { type Edit, edited } from '../variables/needles.js';
import type { ByteText } from './byte-text.js';
import { Redactions } from './redactions.js';
import { findShapes } from './secret-shapes.js';
import type { Secrets } from './secrets.js';

/** Replaces known values. */
export function findValues(text: ByteText, secrets: Secrets, found: Redactions): void {
  for (const { start, end, text: instead } of secrets.values.find(text)) {
    found.replace(start, end, instead);
  }
}

/** Known values and unmistakable keys, for what is no text of names and values. */
export function unmistakableEdits(text: ByteText, secrets: Secrets): Edit[] {
  const found = new Redactions();
  findShapes(text, secrets, found, true);
  findValues(text, secrets, found);
  return found.settled(text);
}

/** A text without them. */
export function unmistakableInstead(text: ByteText, secrets: Secrets): ByteText {
  return edited(text, unmistakableEdits(text, secrets));
}
