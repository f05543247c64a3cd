import { InvalidOptionError } from '../../core/errors.js';

/**
 * What a name says about its value. `always`: it is a secret. `text`: the same, but a number in JSON is none. `token`: it is
 * one where it looks random. `key`: the same, but UUIDs, paths and file names are none.
 */
export type Verdict = 'always' | 'text' | 'token' | 'key' | 'never';

/** Where a name stands. Fields are those of JSON, forms, multipart, XML and `name=value` in text. */
export type NamePlace = 'header' | 'query' | 'field';

/** One name for all its spellings: `clientSecret`, `client-secret`, `Client_Secret`. */
export function plainName(name: string): string {
  return name.replace(/[-_\s]/g, '').toLowerCase();
}

function names(text: string): string[] {
  return text.trim().split(/\s+/).map(plainName);
}

/** Headers whose whole value is a credential, as their makers document them. `cookie` and `set-cookie` besides. */
const HEADERS = names(`
  authorization proxy-authorization x-authorization x-forwarded-authorization x-original-authorization
  x-api-key api-key apikey x-apikey x-api-token api-token x-api-secret x-app-key x-app-token x-app-secret
  x-auth x-auth-token auth-token x-auth-key x-access-token access-token x-access-key x-id-token
  x-refresh-token x-session-token session-token x-user-token x-client-secret x-secret x-secret-key x-password
  x-csrf-token x-csrftoken x-xsrf-token csrf-token xsrf-token x-token token x-jwt x-jwt-assertion
  x-amz-security-token x-amz-cf-token x-amzn-oidc-data x-amzn-oidc-accesstoken x-aws-ec2-metadata-token
  x-amz-server-side-encryption-customer-key x-goog-api-key x-goog-iam-authorization-token x-goog-iap-jwt-assertion
  x-serverless-authorization ocp-apim-subscription-key subscription-key x-functions-key
  x-ms-authorization-auxiliary aeg-sas-key aeg-sas-token x-zumo-auth private-token job-token deploy-token
  x-gitlab-token x-vault-token x-consul-token x-nomad-token x-shopify-access-token
  x-shopify-storefront-access-token x-figma-token dd-api-key dd-application-key x-rapidapi-key x-plex-token
  circle-token x-algolia-api-key x-honeycomb-team x-postmark-server-token x-postmark-account-token
  x-mashape-key x-newrelic-api-key x-insert-key x-license-key x-sentry-token x-subject-token x-storage-token
  x-parse-rest-api-key x-parse-master-key x-parse-session-token x-hasura-admin-secret
  x-acs-security-token x-cos-security-token x-telegram-bot-api-secret-token x-tableau-auth x-redmine-api-key
  x-cisco-meraki-api-key x-auth-apikey x-auth-secret x-cf-access-jwt-assertion cf-access-client-secret
  cf-access-jwt-assertion xi-api-key x-master-key x-typesense-api-key x-meili-api-key x-apollo-key
  intuit-token x-dropbox-api-select-token x-bunny-access-key accesskey x-pinecone-api-key
`);

/** Names whose value is a secret whatever it looks like. */
const FIELDS = names(`
  password passwd pwd passphrase pass_phrase passcode password1 password2 new_password new_password1 new_password2
  old_password current_password confirm_password password_confirmation password_confirm repeat_password
  user_password admin_password root_password login_password db_password database_password smtp_password
  mysql_pwd pgpassword proxy_password master_password account_password temp_password temporary_password
  client_secret secret secret_key secret_access_key secret_token shared_secret app_secret application_secret
  consumer_secret webhook_secret signing_secret jwt_secret cookie_secret session_secret oauth_token_secret token_secret
  client_secret_key api_key apikey x_api_key api_secret api_secret_key apisecret api_token app_key_secret
  access_token refresh_token id_token auth_token authentication_token authorization_token bearer_token session_token
  security_token personal_access_token user_access_token page_access_token bot_token oauth_token device_secret
  device_token_secret csrf_token csrfmiddlewaretoken xsrf_token _csrf _csrf_token authenticity_token
  __RequestVerificationToken private_key private_key_pem signing_key encryption_key decryption_key master_key
  account_key storage_key shared_key shared_access_key shared_access_signature
  secret_hash recovery_codes backup_codes client_assertion saml_response saml_assertion code_verifier
  otp totp otp_code one_time_password mfa_code mfa_token two_factor_code totp_secret otp_secret otp_token
  cvc cvv cvv2 card_cvc security_code authorization proxy_authorization x_auth_token x_access_token x_csrf_token
  x_xsrf_token x_amz_security_token x_vault_token x_gitlab_token
`);

/** Of tests it says how many have passed. */
const TEXTS = names('pass');

/** Parameters of URLs besides. Amazon, Google and Azure put a signature there that opens what the URL names. */
const QUERY = names(`
  X-Amz-Signature X-Amz-Credential X-Amz-Security-Token X-Goog-Signature X-Goog-Credential
  subscription-key hapikey oauth_signature oauth_verifier api_sig
`);

/** Names that hold a secret, or something else. */
const TOKENS = names(`
  token auth jwt session session_id sessionid sid assertion ticket credential credentials secret_value
  reset_token password_reset_token reset_password_token confirmation_token confirm_token verification_token verify_token
  invite_token invitation_token activation_token recovery_token login_token magic_token magic_link_token email_token
  one_time_token provider_token provider_refresh_token device_token token_hash oob_code
  device_code authorization_code auth_code appid app_key user_key access_key auth_key tokens jsessionid phpsessid
`);
const QUERY_TOKENS = names('sig signature hmac authkey code');
const KEYS = names('key keys code');

/** A longer name that ends so speaks of such a secret: `github_access_token`, `stripeApiKey`. */
const ENDINGS =
  /(?:password|passwd|passphrase|apikey|apitoken|apisecret|accesstoken|refreshtoken|authtoken|sessiontoken|bottoken|clientsecret|secretkey|secretaccesskey|privatekey|signingkey|encryptionkey|webhooksecret|secret)$/;

/** Of headers also these, but for the marks of a page and the like. */
const HEADER_ENDINGS = /(?:token|secret|apikey|accesskey|authkey|password)$/;
const MARKS =
  /page|next|previous|cursor|continu|sync|delta|change|resume|idempot|count|limit|remaining|cancel/;

function table(
  always: readonly string[],
  texts: readonly string[],
  tokens: readonly string[],
  keys: readonly string[],
) {
  return new Map<string, Verdict>([
    ...texts.map((name) => [name, 'text'] as const),
    ...keys.map((name) => [name, 'key'] as const),
    ...tokens.map((name) => [name, 'token'] as const),
    ...always.map((name) => [name, 'always'] as const),
  ]);
}

const TABLES: Readonly<Record<NamePlace, ReadonlyMap<string, Verdict>>> = {
  header: table(HEADERS, [], [], []),
  query: table([...FIELDS, ...QUERY], TEXTS, [...TOKENS, ...QUERY_TOKENS], KEYS),
  field: table(FIELDS, TEXTS, TOKENS, KEYS),
};

/** Asked for each name of a body, so what was found out is kept; this bounds how much. */
const MAX_KNOWN = 4096;

/** Which names say that their value is a secret. */
export class SecretNames {
  readonly #added: Readonly<Record<NamePlace, ReadonlySet<string>>>;
  readonly #kept: ReadonlySet<string>;
  readonly #known: Readonly<Record<NamePlace, Map<string, Verdict>>> = {
    header: new Map(),
    query: new Map(),
    field: new Map(),
  };

  /**
   * @param added Names whose value is always a secret, besides those that are known.
   * @param kept Names whose value stays, wherever they stand.
   */
  constructor(added: Partial<Record<NamePlace, readonly string[]>> = {}, kept: readonly string[] = []) {
    const set = (list: readonly string[] = []) => new Set(list.map(plainName));
    this.#added = { header: set(added.header), query: set(added.query), field: set(added.field) };
    this.#kept = set(kept);
  }

  /** Was the name exempted? */
  keeps(name: string): boolean {
    return this.#kept.size > 0 && [name, innermost(name)].some((text) => this.#kept.has(plainName(text)));
  }

  verdict(place: NamePlace, name: string): Verdict {
    const known = this.#known[place];
    let verdict = known.get(name);
    if (verdict === undefined) {
      verdict = this.#judged(place, name);
      if (known.size >= MAX_KNOWN) {
        known.clear();
      }
      known.set(name, verdict);
    }
    return verdict;
  }

  #judged(place: NamePlace, name: string): Verdict {
    if (name.length > 100 || this.keeps(name)) {
      return 'never';
    }
    const plain = plainName(innermost(name));
    if (this.#added[place].has(plain)) {
      return 'always';
    }
    // Services that answer with the headers they got name them as fields.
    const listed = TABLES[place].get(plain) ?? TABLES.header.get(plain);
    if (listed !== undefined) {
      return listed;
    }
    if (place === 'header') {
      return HEADER_ENDINGS.test(plain) && !MARKS.test(plain) ? 'token' : 'never';
    }
    return plain === 'cookie' || plain === 'setcookie' ? 'always' : ENDINGS.test(plain) ? 'token' : 'never';
  }
}

/** The last part of `user[password]`, `user.password` and `spring.datasource.password`. */
function innermost(name: string): string {
  const plain = name
    .replace(/%5B/gi, '[')
    .replace(/%5D/gi, ']')
    .replace(/(?:\[\d*\])+$/, '');
  return /([^.[\]]+)\]?$/.exec(plain)?.[1] ?? plain;
}

/** Names of an option, as given; a name is a text that is not empty. */
export function checkedNames(list: unknown, option: string): readonly string[] {
  if (list === undefined) {
    return [];
  }
  if (!Array.isArray(list)) {
    throw new InvalidOptionError(option, 'it is not a list of names.');
  }
  for (const [index, name] of list.entries()) {
    if (typeof name !== 'string' || plainName(name) === '') {
      throw new InvalidOptionError(`${option}[${index}]`, 'it is not a name.');
    }
  }
  return list as string[];
}
