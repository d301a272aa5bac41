import {
  DEFAULT_RETRY_SCHEDULE,
  EVENT_TYPES,
  isRateLimit,
  RATE_LIMIT,
  RETRY_SCHEDULES,
  type RetryScheduleName,
  type SubscribableEventType,
} from '@skillora/contracts';
import { type EgressPolicy, MAX_URL_LENGTH, parseTargetUrl, targetUrlPattern } from '@skillora/egress';
import {
  AsSent,
  bodySchema,
  component,
  InvalidFieldsException,
  type JsonSchema,
  Refused,
  type RequestBody,
  Requires,
  Shown,
  SHOWN_RULE,
} from '@skillora/rest';
import { SECRET_LENGTH, secretProblem } from '@skillora/signing';
import { Allow, ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsString, ValidateBy } from 'class-validator';

import { givenAuthenticationSchema } from './authentication-schema.js';
import type { EndpointChoice, NewEndpointChoice } from './endpoint.js';
import { givenAuthentication } from './given-authentication.js';
import { givenHeaders, givenHeadersSchema } from './given-headers.js';
import { demandPossible, FILTER_EXAMPLE, filterFieldSchema, wantedFilter } from './endpoint-filter.js';
import { rateLimitSchema, RETRY_SCHEDULE_DESCRIPTION } from './endpoint-schema.js';

const MAX_DESCRIPTION = 1_024;
/**
 * The characters of a secret. It leaves out the control characters and spaces that are refused; the format, private and
 * unassigned characters, which are refused too, are too many for a pattern that every tool can read.
 */
const SECRET_PATTERN =
  '^[^\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ue000-\\uf8ff\\ufeff]*$';

/** The fields that a customer may set; all others of an endpoint are read-only. */
@AsSent('headers', 'authentication', 'filter')
class EndpointFields {
  @Shown({
    minLength: 1,
    maxLength: MAX_URL_LENGTH,
    pattern: targetUrlPattern({ withFragment: true }),
    description:
      'The URL that receives the webhooks. It must be https, or http if the operator allows that. It must not contain credentials. Its host must be public; an IP address is allowed.',
    examples: ['https://receiver.example.com/webhooks'],
  })
  @IsString({ message: 'Not a valid string.' })
  url?: string;

  @IsIn(EVENT_TYPES, { each: true, message: `Each must be one of: ${EVENT_TYPES.join(', ')}.` })
  @ArrayNotEmpty({ message: 'This list may not be empty.' })
  @IsArray({ message: 'Expected a list of items.' })
  events?: SubscribableEventType[];

  @ValidateBy(
    {
      name: 'maxLength',
      constraints: [MAX_DESCRIPTION],
      // Counts code points, as JSON Schema does; the library's own length check leaves some out.
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && Array.from(value).length <= MAX_DESCRIPTION,
      },
    },
    { message: `Ensure this field has no more than ${MAX_DESCRIPTION} characters.` },
  )
  @IsString({ message: 'Not a valid string.' })
  description?: string;

  @IsBoolean({ message: 'Must be a valid boolean.' })
  is_active?: boolean;

  @Shown(givenHeadersSchema(false))
  @Allow()
  headers?: unknown;

  @Shown(givenAuthenticationSchema(false))
  @Allow()
  authentication?: unknown;
  @Shown(filterFieldSchema)
  @Allow()
  filter?: unknown;

  @Shown({ description: RETRY_SCHEDULE_DESCRIPTION })
  @IsIn(RETRY_SCHEDULES, { message: `Must be one of: ${RETRY_SCHEDULES.join(', ')}.` })
  retry_schedule?: RetryScheduleName;

  @Shown(rateLimitSchema)
  @ValidateBy(
    { name: SHOWN_RULE, validator: { validate: (value) => value === null || isRateLimit(value) } },
    {
      message: `Must be a whole number from ${RATE_LIMIT.least} to ${thousands(RATE_LIMIT.most)} (deliveries a second), or null for no limit.`,
    },
  )
  rate_limit?: number | null;
}

function thousands(count: number): string {
  return count.toLocaleString('en-GB');
}

/** The body of a creation. */
@Requires('url', 'events')
export class EndpointCreation extends EndpointFields {
  @Shown({
    minLength: SECRET_LENGTH.min,
    maxLength: SECRET_LENGTH.max,
    pattern: SECRET_PATTERN,
    description: 'A secret of your own, made of printable characters. If you leave it out, one is generated.',
  })
  @IsString({ message: 'Not a valid string.' })
  secret?: string;
}

/**
 * The body of a PATCH: absent fields keep their values. `secret` is refused here and not ignored as a read-only field: no GET
 * returns it, so a client that sends it wants to change it.
 */
export class EndpointChange extends EndpointFields {
  @Refused('The secret cannot be changed here. For a new one, POST to regenerate_secret/ of this endpoint.')
  secret?: never;

  @Shown(givenHeadersSchema(true))
  @Allow()
  override headers?: unknown;

  @Shown(givenAuthenticationSchema(true))
  @Allow()
  override authentication?: unknown;
}

/** The body of a PUT: required fields must be there, and optional ones that are absent keep their values (as in DRF). */
@Requires('url', 'events')
export class EndpointReplacement extends EndpointChange {
  @Shown(givenHeadersSchema(false))
  @Allow()
  override headers?: unknown;
}

const EXAMPLE = { url: 'https://receiver.example.com/webhooks', events: ['interview_completed'] };
const jsonBody = (schema: JsonSchema, examples: Record<string, object>): RequestBody => ({
  required: true,
  content: { 'application/json': { schema, examples } },
});

/* The request bodies for the documentation. */
export const creationBody = jsonBody(component('EndpointCreation', bodySchema(EndpointCreation)), {
  least: EXAMPLE,
  credentials: {
    ...EXAMPLE,
    headers: { 'X-Gateway': 'b7e1c0' },
    authentication: { type: 'bearer', token: 'a-token-of-yours' },
  },
  filtered: { ...EXAMPLE, filter: FILTER_EXAMPLE },
  ownSecret: { ...EXAMPLE, description: 'Production', secret: 'a secret that only we know' },
});
export const replacementBody = jsonBody(component('EndpointReplacement', bodySchema(EndpointReplacement)), {
  least: EXAMPLE,
});
export const changeBody = jsonBody(component('EndpointChange', bodySchema(EndpointChange)), {
  switchedOff: { is_active: false },
  headers: { headers: { 'X-Gateway': 'c9d2e4', 'X-Former': null } },
  filtered: { filter: FILTER_EXAMPLE },
  everyEvent: { filter: null },
  patient: { retry_schedule: 'extended' },
  limited: { rate_limit: 10 },
});

/** How a body treats what an endpoint has already: a PATCH merges headers, and only a creation needs every secret. */
type Verb = 'POST' | 'PUT' | 'PATCH';

/** What the body of a creation asks for. @throws {InvalidFieldsException} for a value that may not be. */
export function newEndpoint({ secret, ...body }: EndpointCreation, policy: EgressPolicy): NewEndpointChoice {
  const problem = secret === undefined ? null : secretProblem(secret);
  if (problem !== null) throw new InvalidFieldsException({ secret: [problem] });
  const choice = complete(changedEndpoint(body, policy, 'POST'));
  demandPossible(choice.filter, choice.events);
  return { ...choice, secret: secret ?? null };
}

/** What a body changes. @throws {InvalidFieldsException} for a value that may not be. */
export function changedEndpoint(
  body: EndpointFields,
  policy: EgressPolicy,
  verb: Verb,
): Partial<EndpointChoice> {
  if (body.url !== undefined) {
    const parsed = parseTargetUrl(body.url, policy);
    if ('problem' in parsed) throw new InvalidFieldsException({ url: [parsed.problem] });
  }
  const { headers, authentication } = body;
  return {
    ...(body.url === undefined ? {} : { url: body.url }),
    ...(body.events === undefined ? {} : { events: [...new Set(body.events)] }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.is_active === undefined ? {} : { isActive: body.is_active }),
    ...(headers === undefined ? {} : { headers: givenHeaders(headers, verb === 'PATCH') }),
    ...(authentication === undefined
      ? {}
      : { authentication: givenAuthentication(authentication, verb !== 'POST', policy) }),
    ...(body.filter === undefined ? {} : { filter: wantedFilter(body.filter) }),
    ...(body.retry_schedule === undefined ? {} : { retrySchedule: body.retry_schedule }),
    ...(body.rate_limit === undefined ? {} : { rateLimit: body.rate_limit }),
  };
}

function complete(choice: Partial<EndpointChoice>): EndpointChoice {
  const { url = '', events = [], description = '', isActive = true, filter = null, ...options } = choice;
  const retrySchedule = DEFAULT_RETRY_SCHEDULE;
  return { url, events, description, isActive, filter, retrySchedule, rateLimit: null, ...options };
}
