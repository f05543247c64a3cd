import { loadPackages } from './optional-packages.js';

/** What a scanner found in a text: never the value itself. */
export interface ScannerFinding {
  /** Which rule found it, and as what: `@secretlint/secretlint-rule-github GITHUB_TOKEN`. */
  readonly rule: string;
  /** Where in the text. Rules count differently: some give the value's beginning, some that of its name. */
  readonly offset: number;
}

/** Looks for secrets in a text. */
export type Scanner = (text: string) => Promise<readonly ScannerFinding[]>;

const PACKAGES = ['@secretlint/core', '@secretlint/secretlint-rule-preset-recommend'] as const;

/** A comment `secretlint-disable` in a response must not turn the scan off. */
const COMMENTS = '@secretlint/secretlint-rule-filter-comments';

/**
 * A scanner with secretlint's recommended rules, from the packages that the program has installed.
 *
 * @throws InvalidOptionError for the option `scan`, where a package is missing or does not load.
 */
export async function loadScanner(): Promise<Scanner> {
  const [{ lintSource }, { creator: preset }] = await loadPackages('scan', 'the scanner', PACKAGES, () =>
    Promise.all([import('@secretlint/core'), import('@secretlint/secretlint-rule-preset-recommend')]),
  );
  const rules = preset.rules
    .filter((rule) => rule.meta.id !== COMMENTS)
    .map((rule) => ({ id: rule.meta.id, rule }));
  return async (content) => {
    // Rules look at names of files: this one is of no kind that they know.
    const { messages } = await lintSource({
      source: { content, filePath: 'cassette.txt', ext: '.txt', contentType: 'text' },
      options: { config: { rules }, maskSecrets: true, noPhysicFilePath: true },
    });
    return messages.map(({ ruleId, messageId, range }) => ({
      rule: `${ruleId} ${messageId}`,
      offset: range[0],
    }));
  };
}
