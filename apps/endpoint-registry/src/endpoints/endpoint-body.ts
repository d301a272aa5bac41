import { EVENT_TYPES, type SubscribableEventType } from '@skillora/contracts';
import { type EgressPolicy, parseTargetUrl } from '@skillora/egress';
import { InvalidFields, readBody } from '@skillora/rest';
import { secretProblem } from '@skillora/signing';
import { ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';

import type { EndpointChoice } from './endpoint.js';

const MAX_DESCRIPTION = 1_024;

/** The fields a customer may give; all others of an endpoint are read-only. */
class EndpointBody {
  @IsString({ message: 'Not a valid string.' })
  url!: string;

  @IsIn(EVENT_TYPES, { each: true, message: `Each must be one of: ${EVENT_TYPES.join(', ')}.` })
  @ArrayNotEmpty({ message: 'This list may not be empty.' })
  @IsArray({ message: 'Expected a list of items.' })
  events!: SubscribableEventType[];

  @MaxLength(MAX_DESCRIPTION, {
    message: `Ensure this field has no more than ${MAX_DESCRIPTION} characters.`,
  })
  @IsString({ message: 'Not a valid string.' })
  description!: string;

  @IsBoolean({ message: 'Must be a valid boolean.' })
  is_active!: boolean;
}

class NewEndpointBody extends EndpointBody {
  @IsString({ message: 'Not a valid string.' })
  secret!: string;
}

const REQUIRED = ['url', 'events'];

/** Reads the body of a creation. Without a secret of the customer's own there is none in the answer. */
export function readNewEndpoint(
  body: unknown,
  policy: EgressPolicy,
): EndpointChoice & { secret: string | null } {
  const { secret, ...rest } = readBody(NewEndpointBody, body, { required: REQUIRED });
  const problem = secret === undefined ? null : secretProblem(secret);
  if (problem !== null) throw new InvalidFields({ secret: [problem] });
  return { ...complete(checked(rest, policy)), secret: secret ?? null };
}

/** Reads the body of a PUT: what is required must be there, what is optional and not there stays (as in DRF). */
export function readReplacement(body: unknown, policy: EgressPolicy): Partial<EndpointChoice> {
  return checked(readBody(EndpointBody, body, { required: REQUIRED }), policy);
}

/** Reads the body of a PATCH: what is not there stays. */
export function readChange(body: unknown, policy: EgressPolicy): Partial<EndpointChoice> {
  return checked(readBody(EndpointBody, body), policy);
}

function checked(body: Partial<EndpointBody>, policy: EgressPolicy): Partial<EndpointChoice> {
  if (body.url !== undefined) {
    const parsed = parseTargetUrl(body.url, policy);
    if ('problem' in parsed) throw new InvalidFields({ url: [parsed.problem] });
  }
  return {
    ...(body.url === undefined ? {} : { url: body.url }),
    ...(body.events === undefined ? {} : { events: [...new Set(body.events)] }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.is_active === undefined ? {} : { isActive: body.is_active }),
  };
}

function complete(choice: Partial<EndpointChoice>): EndpointChoice {
  const { url = '', events = [], description = '', isActive = true } = choice;
  return { url, events, description, isActive };
}
