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

/** The rule of a text. */
interface TextRule {
  /** How many characters it may have, Unicode code points. */
  readonly longest: number;
  /** A regular expression (ECMA-262, with the flag `u`) that the text matches. OpenAPI publishes it as it is. */
  readonly pattern: string;
  /** What is said of a text that does not match. */
  readonly problem: string;
}

const VISIBLE_ASCII = {
  pattern: '^[!-~]+$',
  problem: 'Only printable ASCII characters without spaces are allowed.',
};
const PRINTABLE_ASCII = { pattern: '^[ -~]+$', problem: 'Only printable ASCII characters are allowed.' };

/**
 * The rules of the fields of authentication. A `token_url` also follows the rules of a target's URL; it must have no
 * fragment (RFC 6749, 3.2).
 */
export const AUTHENTICATION_FIELDS = {
  token: { longest: 4_096, ...VISIBLE_ASCII },
  // RFC 7617, 2: a colon ends the user name, and control characters are forbidden.
  username: {
    longest: 255,
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f:]+$',
    problem: 'A user name may hold no colon and no control characters.',
  },
  // Empty where the user name alone is the credential.
  password: {
    longest: 1_024,
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    problem: 'A password may hold no control characters.',
  },
  token_url: { longest: 2_048, pattern: '^[^#]+$', problem: 'The URL must not have a fragment.' },
  // RFC 6749, appendix A.1 and A.2.
  client_id: { longest: 255, ...PRINTABLE_ASCII },
  client_secret: { longest: 1_024, ...PRINTABLE_ASCII },
  // RFC 6749, 3.3: tokens with single spaces between them.
  scope: {
    longest: 1_024,
    pattern: '^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*$',
    problem: 'Expected scopes with single spaces between them (RFC 6749, 3.3).',
  },
  audience: { longest: 1_024, ...VISIBLE_ASCII },
} as const satisfies Readonly<Record<string, TextRule>>;
export type AuthenticationField = keyof typeof AUTHENTICATION_FIELDS;

/** Why a text cannot be the value of a field of authentication, as a sentence; null if it can be. */
export function authenticationProblem(field: AuthenticationField, text: string): string | null {
  const { longest, pattern, problem } = AUTHENTICATION_FIELDS[field];
  // Code units first: counting the characters of a body of megabytes would be wasted work.
  if (text.length > 2 * longest || Array.from(text).length > longest) {
    return `Ensure this field has no more than ${longest} characters.`;
  }
  if (text === '' && field !== 'password') return 'This field may not be blank.';
  // No UTF-8 can hold a lone surrogate, so no request could carry it.
  return text.isWellFormed() && new RegExp(pattern, 'u').test(text) ? null : problem;
}
