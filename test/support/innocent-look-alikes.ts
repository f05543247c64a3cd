import type { HeaderPair } from '../../src/core/interaction.js';

/** An exchange that looks as if it held a secret. All of it has to stay as it is. */
export interface InnocentLookAlike {
  readonly name: string;
  readonly method?: string;
  /** Path and query; `/` where left out. */
  readonly path?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string;
  readonly response?: { readonly headers?: readonly HeaderPair[]; readonly body?: string };
  readonly env?: Readonly<Record<string, string>>;
}

const JSON_TYPE: HeaderPair = ['content-type', 'application/json'];
const UUID = '3f2b9c1e-7d54-4a6b-8c0d-5e9f1a2b3c4d';
const SHA = '9fceb02d0ae598e95dc970b74767f19372d61af8';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function answer(name: string, value: unknown): InnocentLookAlike {
  return { name, response: { headers: [JSON_TYPE], body: JSON.stringify(value) } };
}

function request(name: string, value: unknown): InnocentLookAlike {
  return { name, method: 'POST', headers: [JSON_TYPE], body: JSON.stringify(value) };
}

function text(name: string, body: string, type = 'text/plain'): InnocentLookAlike {
  return { name, response: { headers: [['content-type', type]], body } };
}

/** Exchanges without secrets, with names and values that are easily taken for some. */
export const INNOCENT_LOOK_ALIKES: readonly InnocentLookAlike[] = [
  // Names that only begin or end like a secret's
  request('max_tokens', { max_tokens: 256, max_completion_tokens: 1024 }),
  answer('how many tests have passed', { pass: 12, fail: 1, skipped: 0 }),
  answer('token counts', { usage: { prompt_tokens: 12, total_tokens: 34, cached_tokens: 0 } }),
  answer('next_page_token', { items: [], next_page_token: 'CAUQAAi4kZ9pL2mX7vB1nQ==' }),
  answer('nextPageToken', { nextPageToken: 'EAAaBlBUOkNBVQ8Kf2Lm9' }),
  answer('continuation tokens', {
    continuationToken: '1!96!MDAwMDM2IWltYWdlMTIz',
    syncToken: 'CPDAlvWDx70CEPDA7',
  }),
  answer('the tokens of a model', { logprobs: [{ token: 'Hello', logprob: -0.1, bytes: [72] }] }),
  answer('the key of a license', { license: { key: 'mit', name: 'MIT License' } }),
  answer('token_type', { token_type: 'Bearer', expires_in: 3600, scope: 'read write' }),
  answer('flags', { has_password: true, password: null, secret: false, token_expired: false }),
  answer('empty secrets', { password: '', api_key: '', authorization: '' }),
  answer('a schema', { properties: { password: { type: 'string', minLength: 8 } }, required: ['password'] }),
  answer('what is wrong with a password', { errors: { password: ['is too short', 'needs a digit'] } }),
  answer('names of settings', { private_key_id: SHA, client_id: 'web-client', secret_name: 'db/main' }),
  answer('keys of things', {
    primary_key: 'id',
    sort_key: 'created_at',
    public_key: 'ssh-ed25519 AAAAC3Nza',
  }),
  answer('the key of an issue', { key: 'PROJ-1234', code: 'ERR_NOT_FOUND', session: 'morning' }),
  answer('keys of objects', { Contents: [{ Key: 'images/2024/01/a1b2c3d4e5f6a7b8c9d0.png' }] }),
  answer('a public key', {
    keyid: 'SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA',
    key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==',
  }),
  answer('a key that is a UUID', { key: UUID, id: UUID }),
  answer('codes', { code: 'invalid_request_error', country_code: 'DE', zip_code: '10115' }),
  answer('an author', { author: 'Ada', authority: 'https://id.test', authenticated: true }),
  request('passwordless', { passwordless: true, password_policy: 'strong', secretary: 'Bob' }),
  // Values that look random
  answer('UUIDs', { id: UUID, trace_id: UUID, requestId: UUID.toUpperCase() }),
  answer('commits', { sha: SHA, tree: { sha: SHA }, commit_id: SHA }),
  answer('integrity', {
    integrity: 'sha512-9wAbTcZjXQ8rF2mLk7pN0vHs3dYgE6uI1oJzBxKqVt4=',
    etag: `W/"${SHA}"`,
  }),
  answer('ids of Stripe', {
    id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
    customer: 'cus_NffrFeUfNV2Hib',
    invoice: 'in_1MtHbELkdIwHu7ixl4OzzPMv',
  }),
  answer('ids of OpenAI', { id: 'chatcmpl-9aB3cD4eF5gH6iJ7kL8mN9oP', system_fingerprint: 'fp_44709d6fcb' }),
  answer('ids of Anthropic', {
    id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    request_id: 'req_011CPF6vYxkq3b7vhX9T4wDz',
  }),
  answer('cursors', {
    cursor: 'eyJpZCI6MTIzNCwidHMiOjE3MDB9',
    next: '/items?cursor=eyJpZCI6MTIzNH0',
    after: 'Y3Vyc29yOnYyOpHOABc9Zg==',
  }),
  answer('a picture', { image: PIXEL, url: `data:image/png;base64,${PIXEL}` }),
  answer('an embedding', { embedding: 'zczMPc3MTD6amZk+zczMPgAAAD+amRk/MzMzP83MTD9mZmY/' }),
  answer('dates and versions', { created: '2024-01-15T10:30:00.123Z', version: '1.2.3-beta.4+build.5678' }),
  answer('large numbers', { id: 12345678901234567890n.toString(), n: 1234567890123456 }),
  // URLs
  {
    name: 'a page token in the query',
    path: '/items?pageToken=CAUQAAi4kZ9pL2mX7vB1nQ&key=name&code=DE&token=hello',
  },
  { name: 'sorting', path: '/items?sort_key=created_at&group_key=team&max_tokens=10' },
  { name: 'ids in the path', path: `/v1/users/${UUID}/commits/${SHA}?ref=main` },
  { name: 'a search for secrets', path: '/search?q=forgotten+password+token%3F&type=code' },
  answer('URLs with signs', {
    a: 'https://medium.test/@ada/token-based-auth',
    b: 'https://cdn.test/pkg@1.0.0/x.js',
    c: 'ssh://git@git.test/a.git',
  }),
  // Headers
  {
    name: 'headers of a request',
    headers: [
      ['idempotency-key', UUID],
      ['x-request-id', UUID],
      ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
      ['if-none-match', `W/"${SHA}"`],
      ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'],
      ['x-page-token', 'CAUQAAi4kZ9pL2mX7vB1nQ'],
    ],
  },
  {
    name: 'headers of a response',
    response: {
      headers: [
        ['etag', `"${SHA}"`],
        ['x-amz-request-id', '4442587FB7D0A2F9'],
        ['x-ratelimit-remaining-tokens', '149984'],
        ['www-authenticate', 'Bearer realm="api", error="invalid_token"'],
        ['cf-ray', '8a1b2c3d4e5f6a7b-FRA'],
        ['link', '</items?page=2&page_token=abc>; rel="next"'],
        ['x-next-page-token', 'CAUQAAi4kZ9pL2mX7vB1nQ'],
      ],
      body: 'ok',
    },
  },
  { name: 'an empty cookie', response: { headers: [['set-cookie', 'sid=; Max-Age=0; Path=/']], body: '' } },
  // Text
  text(
    'prose',
    'Basic usage: pass a Bearer token. Your password: must have 8 characters, the secret is practice.',
  ),
  text(
    'style sheets',
    '.sk-fading-circle-container-large { key-frames: spin; } .token{color:red}',
    'text/css',
  ),
  text(
    'scripts',
    'const password=e.password;form.token=t.value;if(secret===null)api_key=x.apiKey',
    'text/javascript',
  ),
  text('pages', '<label for="password">Password</label><input type="password" name="password">', 'text/html'),
  text('certificates', '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe\n-----END CERTIFICATE-----\n'),
  text('fingerprints', 'SHA256:uNiVztksCsDhcc0u9e8BrWXfBXzl5zT9c1QpZl0aYxg= sk-learn scikit-learn key-value'),
  // The environment
  {
    name: 'variables that are no secrets',
    env: {
      PUBLIC_KEY: 'test',
      SSH_KEY: '/home/ada/.ssh/id_ed25519',
      SORT_KEY: 'created_at_descending',
      USE_TOKEN: 'true',
      API_SECRET: 'changeme',
      TOKEN: '0',
      MONKEY: 'a1b2c3d4e5f6a7b8',
    },
    response: {
      headers: [JSON_TYPE],
      body: JSON.stringify([
        'test',
        '/home/ada/.ssh/id_ed25519',
        'created_at_descending',
        'true',
        'changeme',
        'a1b2c3d4e5f6a7b8',
      ]),
    },
  },
];
