import type { HeaderPair } from '../../src/core/interaction.js';
import { seededRandom } from './seeded-random.js';

/** An exchange that holds a secret, of which nothing may be left. */
export interface PlantedSecret {
  readonly name: string;
  /** What may be found nowhere. */
  readonly secret: string;
  /** Other spellings of it that may be found nowhere either. */
  readonly spellings?: readonly string[];
  readonly method?: string;
  /** Path, query and fragment; `/` where left out. */
  readonly path?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string | Uint8Array;
  readonly response?: {
    readonly status?: number;
    readonly headers?: readonly HeaderPair[];
    readonly body?: string | Uint8Array;
  };
  /** Variables that have to be in the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const WORD = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const HEX = '0123456789abcdef';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

let seed = 1;

/** A key that nobody has: made here, so that no scanner finds one in this file. It always has letters and digits. */
function key(prefix: string, length: number, alphabet = WORD): string {
  const random = seededRandom(seed++);
  const drawn = Array.from({ length: length - 3 }, () => alphabet[random.below(alphabet.length)]).join('');
  return `${prefix}${drawn.slice(0, 5)}${alphabet.includes('9') ? '9' : '7'}${drawn.slice(5)}${alphabet.includes('a') ? 'e4' : 'E4'}`;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const json = (value: unknown) => JSON.stringify(value);
const JSON_TYPE: HeaderPair = ['content-type', 'application/json'];
const FORM_TYPE: HeaderPair = ['content-type', 'application/x-www-form-urlencoded'];
const TEXT_TYPE: HeaderPair = ['content-type', 'text/plain'];

function jwt(): string {
  const head = base64url({ alg: 'HS256', typ: 'JWT' });
  return `${head}.${base64url({ sub: 'user-7', email: 'ada@example.com', exp: 1767225600 })}.${key('', 43)}`;
}

function pem(inner: string): string {
  return `-----BEGIN PRIVATE KEY-----\n${inner}\n-----END PRIVATE KEY-----\n`;
}

/** A multipart body with the boundary `XyZ`. */
function multipart(...parts: readonly (readonly [disposition: string, value: string])[]): {
  headers: HeaderPair[];
  body: string;
} {
  const lines = parts.flatMap(([disposition, value]) => [
    '--XyZ',
    `Content-Disposition: form-data; ${disposition}`,
    '',
    value,
  ]);
  return {
    headers: [['content-type', 'multipart/form-data; boundary=XyZ']],
    body: [...lines, '--XyZ--', ''].join('\r\n'),
  };
}

function utf16(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}

type Row = Omit<PlantedSecret, 'name' | 'secret'>;

function row(name: string, secret: string, exchange: (secret: string) => Row): PlantedSecret {
  return { name, secret, ...exchange(secret) };
}

const inHeader =
  (header: string, before = '') =>
  (secret: string) => ({
    headers: [[header, `${before}${secret}`] as const],
  });
const inQuery = (name: string) => (secret: string) => ({ path: `/things?page=2&${name}=${secret}&limit=10` });
const inJson = (build: (secret: string) => unknown) => (secret: string) => ({
  method: 'POST',
  headers: [JSON_TYPE],
  body: json(build(secret)),
});
const inForm = (name: string) => (secret: string) => ({
  method: 'POST',
  headers: [FORM_TYPE],
  body: `a=1&${name}=${encodeURIComponent(secret)}&b=2`,
});
const inAnswer =
  (build: (secret: string) => unknown, status = 200) =>
  (secret: string) => ({
    response: { status, headers: [JSON_TYPE], body: json(build(secret)) },
  });
const inText = (build: (secret: string) => string) => (secret: string) => ({
  response: { status: 500, headers: [TEXT_TYPE], body: build(secret) },
});

/** Exchanges with secrets in every place where programs have them. */
export const PLANTED_SECRETS: readonly PlantedSecret[] = [
  // Headers
  row('a bearer token', key('', 32), inHeader('authorization', 'Bearer ')),
  row('a short bearer token', 'sesame', inHeader('Authorization', 'Bearer ')),
  row('user and password', 'open-sesame', (secret) => ({
    headers: [['authorization', `Basic ${base64(`ada:${secret}`)}`]],
    spellings: [base64(`ada:${secret}`)],
  })),
  row('a key as the user of Basic', key('sk_live_', 24), (secret) => ({
    headers: [['authorization', `Basic ${base64(`${secret}:`)}`]],
    spellings: [base64(`${secret}:`)],
  })),
  row('a scheme of its own', key('', 24), inHeader('authorization', 'Token ')),
  row('authorization without a scheme', key('', 24), inHeader('authorization')),
  row('the signature of Amazon', key('', 64, HEX), (secret) => ({
    headers: [
      [
        'authorization',
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${secret}`,
      ],
    ],
  })),
  row('a digest', key('', 32, HEX), (secret) => ({
    headers: [['authorization', `Digest username="ada", realm="x", nonce="abc", response="${secret}"`]],
  })),
  row('the password of a proxy', 'proxy-word', (secret) => ({
    headers: [['proxy-authorization', `Basic ${base64(`ada:${secret}`)}`]],
    spellings: [base64(`ada:${secret}`)],
  })),
  row('x-api-key', 'short1', inHeader('X-Api-Key')),
  row('x-auth-token', key('', 20), inHeader('x-auth-token')),
  row('x-csrf-token', key('', 20), inHeader('X-CSRF-Token')),
  row('private-token', key('glpat-', 20), inHeader('PRIVATE-TOKEN')),
  row('x-amz-security-token', key('', 120), inHeader('x-amz-security-token')),
  row('x-goog-api-key', key('AIza', 35), inHeader('x-goog-api-key')),
  row('ocp-apim-subscription-key', key('', 32, HEX), inHeader('Ocp-Apim-Subscription-Key')),
  row('a token header of a service nobody knows', key('', 30), inHeader('x-acme-token')),
  row('a key in a header that says nothing', key('ghp_', 36), inHeader('x-note', 'see ')),
  // Cookies
  row('a cookie', key('', 26), (secret) => ({ headers: [['cookie', `theme=dark; sid=${secret}; lang=en`]] })),
  row('a cookie that is set', key('', 26), (secret) => ({
    response: { headers: [['set-cookie', `sid=${secret}; Path=/; HttpOnly`]], body: 'ok' },
  })),
  row('a signed cookie', `s:${key('', 24)}.${key('', 30)}`, (secret) => ({
    spellings: [encodeURIComponent(secret)],
    response: { headers: [['Set-Cookie', `connect.sid=${encodeURIComponent(secret)}; Path=/`]], body: 'ok' },
  })),
  // URLs
  row('api_key in the query', 'abc123', inQuery('api_key')),
  row('access_token in the query', key('', 30), inQuery('access_token')),
  row('key in the query', key('', 39), inQuery('key')),
  row('token in the query', key('', 24), inQuery('token')),
  row('a presigned URL of Amazon', key('', 64, HEX), (secret) => ({
    path: `/bucket/a.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature=${secret}`,
  })),
  row('a presigned URL of Azure', `${key('', 43)}=`, (secret) => ({
    path: `/blob/a.png?sv=2022-11-02&sp=r&sig=${encodeURIComponent(secret)}`,
    spellings: [encodeURIComponent(secret)],
  })),
  row('the code of an OAuth redirect', key('', 40), (secret) => ({
    path: `/callback?state=xyz&code=${secret}`,
  })),
  row('a token in the path', key('AA', 33), (secret) => ({
    path: `/bot${'123456789'}:${secret}/sendMessage`,
  })),
  row('a URL in a parameter of a URL', key('', 24), (secret) => ({
    path: `/proxy?url=${encodeURIComponent(`https://api.test/x?access_token=${secret}&a=1`)}`,
  })),
  row('a redirect', key('', 30), (secret) => ({
    response: { status: 302, headers: [['location', `/welcome?session_token=${secret}#top`]], body: '' },
  })),
  row('a fragment', key('', 30), (secret) => ({
    response: {
      status: 302,
      headers: [['location', `https://app.test/#access_token=${secret}&expires_in=3600`]],
      body: '',
    },
  })),
  row('user and password in a URL', 'hunter2', (secret) => ({
    response: { headers: [JSON_TYPE], body: json({ git: `https://ada:${secret}@git.test/a.git` }) },
  })),
  row('a connection string', 'pg-word', (secret) => ({
    response: {
      headers: [JSON_TYPE],
      body: json({ url: `postgres://ada:${secret}@db.test:5432/app?ssl=1` }),
    },
  })),
  // JSON
  row(
    'a password',
    'hunter2',
    inJson((secret) => ({ user: 'ada', password: secret })),
  ),
  row('a password with escapes', 'hun"ter\\2ü', (secret) => ({
    ...inJson((value) => ({ user: 'ada', password: value }))(secret),
    spellings: [json(secret).slice(1, -1)],
  })),
  row(
    'at depth',
    'deep-word',
    inJson((secret) => ({ a: [{ b: { c: [[{ clientSecret: secret }]] } }] })),
  ),
  row(
    'a list',
    'word-one',
    inJson((secret) => ({ secrets: 1, api_key: ['x', secret] })),
  ),
  row(
    'JSON in JSON',
    'inner-word',
    inJson((secret) => ({ tool: { arguments: json({ login: { password: secret } }) } })),
  ),
  row(
    'a number',
    '482913',
    inJson((secret) => ({ user: 'ada', otp: Number(secret) })),
  ),
  row(
    'a name and a value',
    'sent-word',
    inJson((secret) => ({ fields: [{ name: 'password', value: secret }] })),
  ),
  row(
    'tokens of a login',
    key('', 40),
    inAnswer((secret) => ({ token_type: 'Bearer', access_token: secret })),
  ),
  row(
    'a refresh token',
    key('', 40),
    inAnswer((secret) => ({ refreshToken: secret, expires_in: 3600 })),
  ),
  row(
    'token',
    key('', 40),
    inAnswer((secret) => ({ user: { id: 7, token: secret } })),
  ),
  row(
    'a JSON Web Token',
    jwt(),
    inAnswer((secret) => ({ user: 7, proof: secret })),
  ),
  row('a line of NDJSON', 'line-word', (secret) => ({
    response: {
      headers: [['content-type', 'application/x-ndjson']],
      body: `${json({ a: 1 })}\n${json({ password: secret })}\n`,
    },
  })),
  row('an event', 'event-word', (secret) => ({
    response: {
      headers: [['content-type', 'text/event-stream']],
      body: `event: login\ndata: ${json({ session_token: secret })}\n\n`,
    },
  })),
  row('JSON in UTF-16', 'wide-word', (secret) => ({
    spellings: [Buffer.from(secret, 'utf16le').toString('latin1')],
    response: { headers: [JSON_TYPE], body: utf16(json({ password: secret })) },
  })),
  row(
    'a private key',
    key('MII', 61),
    inAnswer((secret) => ({ type: 'service_account', data: pem(secret) })),
  ),
  // Forms
  row('a password in a form', 'form word&1', (secret) => ({
    ...inForm('password')(secret),
    spellings: [encodeURIComponent(secret)],
  })),
  row('client_secret in a form', key('', 32), inForm('client_secret')),
  row('a field in brackets', 'bracket-word', inForm('user[password]')),
  row('a multipart field', 'part-word', (secret) => ({
    method: 'POST',
    ...multipart(['name="user"', 'ada'], ['name="password"', secret]),
  })),
  row('a key in an uploaded file', key('github_pat_', 60), (secret) => ({
    method: 'POST',
    ...multipart(['name="file"; filename="a.env"\r\nContent-Type: text/plain', `GH=${secret}\n`]),
  })),
  // Text
  row('an error that quotes a key', key('sk-proj-', 48), (secret) => ({
    response: {
      status: 401,
      headers: [JSON_TYPE],
      body: json({ error: { message: `Incorrect API key provided: ${secret}.` } }),
    },
  })),
  row(
    'an error that quotes a header',
    key('', 40),
    inText((secret) => `refused: Authorization: Bearer ${secret}`),
  ),
  row('an error that quotes Basic', 'quoted-word', (secret) => ({
    ...inText((value) => `refused: Basic ${base64(`ada:${value}`)}`)(secret),
    spellings: [base64(`ada:${secret}`)],
  })),
  row(
    'a setting',
    'set-word-1',
    inText((secret) => `host=db\npassword=${secret}\n`),
  ),
  row(
    'YAML',
    'yaml-word',
    inText((secret) => `db:\n  user: ada\n  password: ${secret}\n`),
  ),
  row('XML', key('', 40), (secret) => ({
    response: {
      headers: [['content-type', 'application/xml']],
      body: `<Credentials><SecretAccessKey>${secret}</SecretAccessKey></Credentials>`,
    },
  })),
  row('XML in CDATA', key('', 40), (secret) => ({
    response: {
      headers: [['content-type', 'application/xml']],
      body: `<Credentials><SecretAccessKey><![CDATA[${secret}]]></SecretAccessKey></Credentials>`,
    },
  })),
  row('the code of an OAuth form', '4/0AbCd-Ef12.Gh34_Ij56', (secret) => ({
    method: 'POST',
    headers: [FORM_TYPE],
    body: `grant_type=authorization_code&code=${encodeURIComponent(secret)}`,
    spellings: [encodeURIComponent(secret)],
  })),
  row(
    'the token of a reset',
    key('', 32),
    inAnswer((secret) => ({ reset_token: secret })),
  ),
  row(
    'an ephemeral key',
    key('ek_', 32),
    inAnswer((secret) => ({ client_secret: { value: secret } })),
  ),
  row('a password called pass', 'passing-word', (secret) => ({
    method: 'POST',
    headers: [JSON_TYPE],
    body: json({ user: 'ada', pass: secret }),
  })),
  row(
    'the code of a device',
    key('', 40),
    inAnswer((secret) => ({ device_code: secret, user_code: 'WDJB-MJHT' })),
  ),
  row(
    'a cookie that an API echoes in a list',
    key('', 24),
    inAnswer((secret) => ({ headers: { Cookie: [`sid=${secret}; theme=x`] } })),
  ),
  row('the field of an HTML form', key('', 40), (secret) => ({
    response: {
      headers: [['content-type', 'text/html']],
      body: `<form><input type="hidden" name="csrf_token" value="${secret}"></form>`,
    },
  })),
  row(
    'a key of Slack',
    key('xoxb-123456789012-', 24),
    inText((secret) => `posting with ${secret}`),
  ),
  row(
    'a webhook of Slack',
    key('', 24),
    inText((secret) => `https://hooks.slack.com/services/T01AB/B02CD/${secret}`),
  ),
  row(
    'a key id of Amazon',
    key('AKIA', 16, BASE32),
    inText((secret) => `profile: ${secret}`),
  ),
  row(
    'a key of Stripe',
    key('sk_test_', 24),
    inText((secret) => `key ${secret}`),
  ),
  row(
    'a key of SendGrid',
    `${key('SG.', 22)}.${key('', 43)}`,
    inText((secret) => `key ${secret}`),
  ),
  row(
    'a key of npm',
    key('npm_', 36),
    inText((secret) => `//registry.npmjs.org/:_authToken=${secret}`),
  ),
  row(
    'a key of Azure Storage',
    `${key('', 86)}==`,
    inText((secret) => `AccountName=a;AccountKey=${secret};B=c`),
  ),
  // The environment
  row('a value of the environment in a header', key('', 20), (secret) => ({
    env: { ACME_TOKEN: secret },
    headers: [['x-plain', `v1 ${secret}`]],
  })),
  row('a value of the environment in the path', key('', 20), (secret) => ({
    env: { acme_api_key: secret },
    path: `/a/${secret}/b`,
  })),
  row('a value of the environment in an answer', 'Kd8/f+2mQz7=pL', (secret) => ({
    env: { DB_PASSWORD: secret },
    spellings: [encodeURIComponent(secret)],
    response: { headers: [TEXT_TYPE], body: `${secret} and ${encodeURIComponent(secret)}` },
  })),
  row('a value of the environment in base64', key('', 20), (secret) => ({
    env: { SIGNING_SECRET: secret },
    spellings: [base64(secret), base64(`x-access-token:${secret}`)],
    response: { headers: [TEXT_TYPE], body: `${base64(secret)} ${base64(`x-access-token:${secret}`)}` },
  })),
  row('a value of the environment in bytes', key('', 20), (secret) => ({
    env: { ACME_SECRET: secret },
    method: 'POST',
    headers: [['content-type', 'application/octet-stream']],
    body: Buffer.from(`\0\x01\x02${secret}\xff\0`, 'latin1'),
  })),
];
