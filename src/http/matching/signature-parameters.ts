import type { Parameter } from './request-parts.js';

interface Scheme {
  /** The parameters that tell that a URL is signed this way; all have to be there. */
  readonly signs: readonly string[];
  /** The parameters of the signature, `signs` among them. In lower case. */
  readonly names: ReadonlySet<string>;
}

function scheme(signs: string, others: string): Scheme {
  return { signs: signs.split(' '), names: new Set(`${signs} ${others}`.split(' ')) };
}

const SCHEMES: readonly Scheme[] = [
  // Amazon S3 "Authenticating Requests: Using Query Parameters" (SigV4), and the scheme before it (SigV2).
  scheme(
    'x-amz-signature',
    'x-amz-algorithm x-amz-credential x-amz-date x-amz-expires x-amz-signedheaders x-amz-security-token',
  ),
  scheme('awsaccesskeyid signature', 'expires x-amz-security-token'),
  // Google Cloud Storage "Signed URLs", V4 and V2.
  scheme(
    'x-goog-signature',
    'x-goog-algorithm x-goog-credential x-goog-date x-goog-expires x-goog-signedheaders',
  ),
  scheme('googleaccessid signature', 'expires'),
  // Azure Storage "Create a service SAS", "… an account SAS", "… a user delegation SAS". The `rsc*` parameters of a
  // SAS change the response, so they count.
  scheme('sig sv', 'ss srt sr sp st se sip spr si sdd skoid sktid skt ske sks skv saoid suoid scid'),
  // Amazon CloudFront "Use signed URLs", with a canned and with a custom policy.
  scheme('signature key-pair-id', 'expires policy'),
];

/**
 * The parameters without those of a presigned URL's signature, which differ each time it is signed. Names in any case.
 * A parameter such as `expires` is one only beside the signature that it belongs to.
 */
export function withoutSignature(parameters: readonly Parameter[]): readonly Parameter[] {
  // What signs has a name like that in every scheme.
  if (!parameters.some(([name]) => /sig/i.test(name))) {
    return parameters;
  }
  const names = new Set(parameters.map(([name]) => name.toLowerCase()));
  const schemes = SCHEMES.filter(({ signs }) => signs.every((name) => names.has(name)));
  return schemes.length === 0
    ? parameters
    : parameters.filter(([name]) => !schemes.some((found) => found.names.has(name.toLowerCase())));
}
