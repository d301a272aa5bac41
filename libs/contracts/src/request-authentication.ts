/**
 * How requests to an endpoint authenticate themselves. Each secret is encrypted with `SECRETS_KEY`; the endpoint's id
 * and the name of the secret are associated data.
 */
export type SealedAuthentication = SealedBearer | SealedBasic | SealedClientCredentials;

/** A fixed token (RFC 6750). */
export interface SealedBearer {
  readonly type: 'bearer';
  readonly sealedToken: string;
}

/** A user name and a password (RFC 7617). */
export interface SealedBasic {
  readonly type: 'basic';
  readonly username: string;
  readonly sealedPassword: string;
}

/** A token that is asked for at a token endpoint (RFC 6749, 4.4). */
export interface SealedClientCredentials {
  readonly type: 'oauth2_client_credentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly sealedClientSecret: string;
  readonly scope?: string;
  readonly audience?: string;
}

/** The types of authentication that customers can choose. */
export const AUTHENTICATION_TYPES = ['none', 'bearer', 'basic', 'oauth2_client_credentials'] as const;
export type AuthenticationType = (typeof AUTHENTICATION_TYPES)[number];

/** A rule for a text: why it is not allowed, as a sentence, or null. */
type TextRule = (text: string) => string | null;

const matches =
  (pattern: RegExp, problem: string): TextRule =>
  (text) =>
    pattern.test(text) ? null : problem;

/**
 * The rules of the fields of authentication, and how many characters each may have. The rules of a `token_url` are
 * those of a target's URL, and it must have no fragment (RFC 6749, 3.2).
 */
export const AUTHENTICATION_FIELDS = {
  token: {
    longest: 4_096,
    rule: matches(/^[!-~]+$/, 'Only printable ASCII characters without spaces are allowed.'),
  },
  username: {
    longest: 255,
    // RFC 7617, 2: a colon ends the user name, and control characters are forbidden.
    rule: matches(/^[^\p{C}:]+$/u, 'A user name may hold no colon and no control characters.'),
  },
  // Empty where the user name alone is the credential.
  password: { longest: 1_024, rule: matches(/^\P{C}*$/u, 'Only printable characters are allowed.') },
  token_url: {
    longest: 2_048,
    rule: (text: string) => (text.includes('#') ? 'The URL must not have a fragment.' : null),
  },
  // RFC 6749, appendix A.1 and A.2.
  client_id: { longest: 255, rule: matches(/^[ -~]+$/, 'Only printable ASCII characters are allowed.') },
  client_secret: {
    longest: 1_024,
    rule: matches(/^[ -~]+$/, 'Only printable ASCII characters are allowed.'),
  },
  // RFC 6749, 3.3: tokens with single spaces between them.
  scope: {
    longest: 1_024,
    rule: matches(
      /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/,
      'Expected scopes with single spaces between them (RFC 6749, 3.3).',
    ),
  },
  audience: {
    longest: 1_024,
    rule: matches(/^[!-~]+$/, 'Only printable ASCII characters without spaces are allowed.'),
  },
} as const satisfies Readonly<Record<string, { readonly longest: number; readonly rule: TextRule }>>;
export type AuthenticationField = keyof typeof AUTHENTICATION_FIELDS;

/** Why a text cannot be the value of a field of authentication, as a sentence; null if it can be. */
export function authenticationProblem(field: AuthenticationField, text: string): string | null {
  const { longest, rule } = AUTHENTICATION_FIELDS[field];
  if (text.length > longest) return `Ensure this field has no more than ${longest} characters.`;
  if (text === '' && field !== 'password') return 'This field may not be blank.';
  return rule(text);
}
