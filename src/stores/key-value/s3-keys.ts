/**
 * The keys under a prefix of a bucket, all of them, without the prefix: unstorage's driver for S3 gives the first thousand
 * of the whole bucket.
 *
 * @param get Signs a request, and sends it.
 * @param bucketUrl Without a `/` at its end.
 * @param prefix As keys begin with it, `/` between its parts; '' for the whole bucket.
 * @throws Error with the status and what S3 says of it, where the answer is no list.
 */
export async function s3Keys(
  get: (url: string) => Promise<Response>,
  bucketUrl: string,
  prefix: string,
): Promise<string[]> {
  const beginning = prefix === '' ? '' : `${prefix}/`;
  const keys: string[] = [];
  for (let last: string | undefined = ''; last !== undefined; ) {
    const response = await get(`${bucketUrl}?${new URLSearchParams({ prefix: beginning, marker: last })}`);
    const page = await response.text();
    if (!response.ok || !page.includes('<ListBucketResult')) {
      const problem = response.ok
        ? 'its answer is no list of S3'
        : `${response.status} ${codeIn(page) ?? response.statusText}`;
      throw new Error(`${bucketUrl} cannot be listed: ${problem}`);
    }
    const names = [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, text = '']) => unescapeXml(text));
    keys.push(...names.map((name) => name.slice(beginning.length).replaceAll('/', ':')));
    last = /<IsTruncated>\s*true/.test(page) ? names.at(-1) : undefined;
  }
  return keys;
}

/** The word for what is wrong, such as `NoSuchBucket`, in an answer of S3; undefined where it has none. */
export function codeIn(answer: string): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(answer)?.[1];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '');
}
