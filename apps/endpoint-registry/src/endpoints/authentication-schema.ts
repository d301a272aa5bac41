import type { AuthenticationField } from '@skillora/contracts';
import { AUTHENTICATION_FIELDS, AUTHENTICATION_TYPES } from '@skillora/contracts';
import { type JsonSchema, objectSchema } from '@skillora/rest';

import { FIELDS_OF_TYPE } from './given-authentication.js';

/** Patterns for the documentation, of values as nearly everybody uses them; the real rules are in `libs/contracts`. */
const PATTERNS: Readonly<Record<AuthenticationField, string>> = {
  token: '^[A-Za-z0-9._~+/-]+=*$',
  username: '^[A-Za-z0-9._@-]+$',
  password: '^[ -~]*$',
  token_url:
    '^https://([A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?[.])+[A-Za-z]{2,20}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~/-]*)?$',
  client_id: '^[A-Za-z0-9._-]+$',
  client_secret: '^[A-Za-z0-9._~-]+$',
  scope: '^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*$',
  audience: '^[A-Za-z0-9:/._-]+$',
};

const DESCRIPTIONS: Readonly<Partial<Record<AuthenticationField, string>>> = {
  token: 'Sent as `Authorization: Bearer …`.',
  token_url:
    'Where the token is asked for (RFC 6749, 4.4). The rules are those of `url`, without a fragment.',
  scope: 'Scopes with spaces between them.',
  audience: 'Sent as `audience`, which some authorization servers expect.',
};

function fieldSchema(field: AuthenticationField): JsonSchema {
  const description = DESCRIPTIONS[field];
  return {
    type: 'string',
    minLength: field === 'password' ? 0 : 1,
    maxLength: AUTHENTICATION_FIELDS[field].longest,
    pattern: PATTERNS[field],
    ...(description === undefined ? {} : { description }),
  };
}

/** The schema of `authentication` in a body. @param mayKeepSecret whether the secret may be left out. */
export function givenAuthenticationSchema(mayKeepSecret: boolean): JsonSchema {
  return {
    type: 'object',
    oneOf: AUTHENTICATION_TYPES.map((type) => {
      const { secret, shown, optional } = FIELDS_OF_TYPE[type];
      const required: readonly AuthenticationField[] = [...shown, ...(secret === null ? [] : [secret])];
      const fields: readonly AuthenticationField[] = [...required, ...optional];
      return {
        type: 'object',
        properties: {
          type: { const: type },
          ...Object.fromEntries(fields.map((field) => [field, fieldSchema(field)])),
        },
        required: ['type', ...required],
        additionalProperties: false,
      };
    }),
    description:
      'How requests to the endpoint authenticate themselves; always given as a whole. The secrets (`token`, `password`, `client_secret`) are write-only. With `oauth2_client_credentials` we ask the token endpoint for a token and renew it before it ends, and once if your server answers 401.' +
      (mayKeepSecret
        ? ' The secret can be left out if nothing else of `authentication` changes. If you leave `authentication` out, it stays as it is; `{"type": "none"}` removes it.'
        : ' If you leave it out, it is `{"type": "none"}`.'),
    examples: [{ type: 'bearer', token: 'a-token-of-yours' }],
  };
}

/** The schema of `authentication` in an answer. */
export const authenticationSchema: JsonSchema = {
  ...objectSchema({
    type: { enum: AUTHENTICATION_TYPES },
    username: { type: 'string' },
    token_url: { type: 'string' },
    client_id: { type: 'string' },
    scope: { type: 'string' },
    audience: { type: 'string' },
  }),
  required: ['type'],
  description: 'How requests to the endpoint authenticate themselves, without secrets.',
};
