import {
  AUTHENTICATION_TYPES,
  type AuthenticationField,
  authenticationProblem,
  type AuthenticationType,
  isJsonObject,
} from '@skillora/contracts';
import { type EgressPolicy, parseTargetUrl } from '@skillora/egress';
import { InvalidFieldsException } from '@skillora/rest';

/** The fields that each type has: which are required, which optional, and which of the required ones is secret. */
export const FIELDS_OF_TYPE = {
  none: { secret: null, shown: [], optional: [] },
  bearer: { secret: 'token', shown: [], optional: [] },
  basic: { secret: 'password', shown: ['username'], optional: [] },
  oauth2_client_credentials: {
    secret: 'client_secret',
    shown: ['token_url', 'client_id'],
    optional: ['scope', 'audience'],
  },
} as const satisfies Record<
  AuthenticationType,
  {
    readonly secret: AuthenticationField | null;
    readonly shown: readonly AuthenticationField[];
    readonly optional: readonly AuthenticationField[];
  }
>;

/** The authentication that a body asks for. */
export interface GivenAuthentication {
  readonly type: AuthenticationType;
  /** The fields that answers show, by their names there. */
  readonly shown: Readonly<Partial<Record<AuthenticationField, string>>>;
  /** Null for `none`, and to keep the secret that is there. */
  readonly secret: string | null;
}

/**
 * What `authentication` of a body asks for. It is always given as a whole.
 * @param mayKeepSecret whether the secret may be left out, to keep the present one.
 * @throws {InvalidFieldsException} with a sentence for each bad field; it repeats no value.
 */
export function givenAuthentication(
  body: unknown,
  mayKeepSecret: boolean,
  policy: EgressPolicy,
): GivenAuthentication {
  if (!isJsonObject(body)) {
    throw refusedAuthentication(['Expected an object with a type. {"type": "none"} removes authentication.']);
  }
  const type = AUTHENTICATION_TYPES.find((each) => Object.hasOwn(body, 'type') && each === body['type']);
  if (type === undefined) {
    throw refusedAuthentication([`type: Must be one of ${AUTHENTICATION_TYPES.join(', ')}.`]);
  }
  const { secret, shown, optional } = FIELDS_OF_TYPE[type];
  const fields: readonly AuthenticationField[] = [
    ...shown,
    ...(secret === null ? [] : [secret]),
    ...optional,
  ];
  const problems = Object.keys(body)
    .filter((name) => name !== 'type' && !fields.some((field) => field === name))
    .map((name) => `${name.slice(0, 64)}: The type ${type} has no such field.`);
  const values: Partial<Record<AuthenticationField, string>> = {};
  for (const field of fields) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined;
    const mayBeAbsent = optional.some((each) => each === field) || (mayKeepSecret && field === secret);
    if (value === undefined && mayBeAbsent) continue;
    const problem = problemOf(field, value, policy);
    if (problem !== null) problems.push(`${field}: ${problem}`);
    else values[field] = value as string;
  }
  if (problems.length > 0) throw refusedAuthentication(problems);
  const { [secret ?? 'token']: secretValue, ...others } = values;
  return { type, shown: others, secret: secretValue ?? null };
}

function problemOf(field: AuthenticationField, value: unknown, policy: EgressPolicy): string | null {
  if (value === undefined) return 'This field is required.';
  if (typeof value !== 'string') return 'Not a valid string.';
  const problem = authenticationProblem(field, value);
  if (problem !== null || field !== 'token_url') return problem;
  const parsed = parseTargetUrl(value, policy);
  return 'problem' in parsed ? parsed.problem : null;
}

/** A refusal of `authentication`. */
export function refusedAuthentication(problems: string[]): InvalidFieldsException {
  return new InvalidFieldsException({ authentication: problems });
}
