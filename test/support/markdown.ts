import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { repoRoot } from './paths.js';

/** A fenced block of code, and the comments that stand directly above it: `<!-- key: value -->` or `<!-- key -->`. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  readonly notes: ReadonlyMap<string, string>;
}

/** The markdown files of the repository, as paths from its root. */
export function markdownFiles(): string[] {
  const docs = readdirSync(join(repoRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => posix.join('docs', file.replaceAll('\\', '/')))
    .sort();
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...docs];
}

export function readMarkdown(file: string): string {
  return readFileSync(join(repoRoot, file), 'utf8');
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let notes = new Map<string, string>();
  let open: { readonly language: string; readonly line: number; readonly code: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open !== undefined) {
      if (line === '```') {
        blocks.push({ ...open, code: `${open.code.join('\n')}\n`, notes });
        open = undefined;
        notes = new Map();
      } else {
        open.code.push(line);
      }
    } else if (line.startsWith('```')) {
      open = { language: line.slice(3), line: index + 1, code: [] };
    } else {
      const note = /^<!-- ([^:]+?)(?:: (.+))? -->$/.exec(line);
      if (note !== null) {
        notes.set(note[1] as string, note[2] ?? '');
      } else if (line !== '') {
        notes = new Map();
      }
    }
  }
  if (open !== undefined) {
    throw new Error(`the block that opens in line ${open.line} has no end`);
  }
  return blocks;
}

/** The rows of the first table under a heading, cell by cell, without its header. */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'));
  const next = lines.findIndex((line, index) => index > start && line.startsWith('#'));
  if (start < 0 || first < 0 || (next >= 0 && next < first)) {
    throw new Error(`there is no table under "${heading}"`);
  }
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first + 2, length < 0 ? undefined : first + length).map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** The links of a page to files of the repository, as paths from its root, with their anchors. */
export function localLinks(
  file: string,
  markdown: string,
): { readonly path: string; readonly anchor: string }[] {
  const links: { path: string; anchor: string }[] = [];
  for (const [, target = ''] of withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (!/^[a-z]+:/.test(target)) {
      const [path = '', anchor = ''] = target.split('#');
      links.push({ path: path === '' ? file : posix.join(dirname(file), path), anchor });
    }
  }
  return links;
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '');
}
