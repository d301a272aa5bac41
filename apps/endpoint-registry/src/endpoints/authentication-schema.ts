import type { AuthenticationField } from '@skillora/contracts';
import { AUTHENTICATION_FIELDS, AUTHENTICATION_TYPES } from '@skillora/contracts';
import { targetUrlPattern } from '@skillora/egress';
import { type JsonSchema, objectSchema } from '@skillora/rest';

import { FIELDS_OF_TYPE } from './given-authentication.js';

const DESCRIPTIONS: Readonly<Partial<Record<AuthenticationField, string>>> = {
  token: 'Sent as `Authorization: Bearer …`.',
  token_url:
    'Where the token is asked for (RFC 6749, 4.4). The rules are those of `url`, without a fragment.',
  scope: 'Scopes with spaces between them.',
  audience: 'Sent as `audience`, which some authorization servers expect.',
};

function fieldSchema(field: AuthenticationField): JsonSchema {
  const description = DESCRIPTIONS[field];
  const { longest, pattern } = AUTHENTICATION_FIELDS[field];
  return {
    type: 'string',
    minLength: field === 'password' ? 0 : 1,
    maxLength: longest,
    pattern: field === 'token_url' ? targetUrlPattern({ withFragment: false }) : pattern,
    ...(description === undefined ? {} : { description }),
  };
}

/** The schema of `authentication` in a body. @param mayKeepSecret whether the secret may be left out. */
export function givenAuthenticationSchema(mayKeepSecret: boolean): JsonSchema {
  return {
    type: 'object',
    oneOf: AUTHENTICATION_TYPES.map((type) => {
      const { secret, shown, optional } = FIELDS_OF_TYPE[type];
      const secrets = secret === null ? [] : [secret];
      const required: readonly AuthenticationField[] = mayKeepSecret ? shown : [...shown, ...secrets];
      const fields: readonly AuthenticationField[] = [...shown, ...secrets, ...optional];
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
