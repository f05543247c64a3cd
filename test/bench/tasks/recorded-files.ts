import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The files in a folder of recordings, whoever wrote them. */
export function recordedFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
