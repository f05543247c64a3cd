import type { CassetteStore } from '../../core/cassette-store.js';
import { InvalidOptionError } from '../../core/errors.js';
import { s3Storage } from '../key-value/s3-storage.js';
import { KeyValueCassetteStore } from '../key-value/store.js';
import { loadPackages } from '../optional-packages.js';
import type { S3Address } from './address.js';
import type { ServerOptions } from './open-store.js';

const REGION = 'us-east-1';
/** S3 answers with 500 and 503 now and then, and asks to be asked again. That is done for less than a second. */
const RETRIES = 3;

/**
 * The store at `s3://BUCKET/PREFIX`. Credentials, region and endpoint are those of the environment, under the names that
 * the tools of AWS know: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3.
 *
 * @throws InvalidOptionError where aws4fetch is not installed, or the environment has no credentials, or an endpoint that
 * no request can be sent to.
 */
export async function s3Store(
  { bucket, prefix, location }: S3Address,
  { createIfMissing, waitMs }: ServerOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CassetteStore> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new InvalidOptionError(
      'cassette',
      `${location} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    );
  }
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || REGION;
  const endpoint = endpointOf(env, region);
  const { AwsClient } = await loadPackages(
    'cassette',
    `what ${location} needs`,
    ['aws4fetch'],
    () => import('aws4fetch'),
  );
  const sessionToken = env['AWS_SESSION_TOKEN'];
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  const client = new AwsClient({ ...credentials, region, service: 's3', retries: RETRIES });
  const open = () => s3Storage(client, `${endpoint}/${bucket}`, prefix);
  return new KeyValueCassetteStore(open, { createIfMissing, location, waitMs });
}

function endpointOf(env: NodeJS.ProcessEnv, region: string): string {
  const name = env['AWS_ENDPOINT_URL_S3'] ? 'AWS_ENDPOINT_URL_S3' : 'AWS_ENDPOINT_URL';
  const given = env[name];
  if (given && !isEndpoint(given)) {
    throw new InvalidOptionError(
      name,
      'it has to be an http: or https: URL without credentials, such as http://localhost:9000.',
    );
  }
  return (given || `https://s3.${region}.amazonaws.com`).replace(/\/+$/, '');
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) {
    return false;
  }
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
