import { EVENT_TYPES, isRateLimit, RATE_LIMIT, type SubscribableEventType } from '@skillora/contracts';
import {
  bodySchema,
  component,
  InvalidFieldsException,
  orNull,
  type RequestBody,
  Requires,
  Shown,
  timeParameter,
} from '@skillora/rest';
import type { FieldProblems } from '@skillora/validation';
import { Allow, IsBoolean, IsIn } from 'class-validator';

import { RECOVERED, type Recovered } from './recovery.js';

/** The body that asks for a recovery. */
@Requires('since', 'what')
export class RecoveryRequest {
  @Shown({
    ...timeParameter.schema,
    description:
      'Recovers events that were accepted at this time or later: a time in ISO 8601 with an offset, or a date, which means the start of that day in UTC.',
    examples: ['2024-01-15T14:30:00Z'],
  })
  @Allow()
  since?: unknown;

  @Shown({
    ...orNull({ anyOf: timeParameter.schema['anyOf'] }),
    description:
      'Recovers events that were accepted before this time. If you leave it out, or if it is in the future, it is the time of this request.',
    examples: ['2024-01-15T18:00:00Z'],
  })
  @Allow()
  until?: unknown;

  @Shown({
    description:
      '`failed`: deliveries that have the status `failed`. `missed`: events for which no delivery was made, because the endpoint was inactive, did not exist or did not subscribe to the type. Only events that the endpoint subscribes to now, and that its filter lets through, count. `undelivered`: both, and events that a former filter left out and the present one lets through. `all`: these, and deliveries that succeeded.',
  })
  @IsIn(RECOVERED, { message: `Must be one of: ${RECOVERED.join(', ')}.` })
  what!: Recovered;

  @Shown({
    type: ['array', 'null'],
    items: { enum: EVENT_TYPES },
    minItems: 1,
    description: 'Recovers only events of these types. If you leave it out, it recovers all types.',
  })
  @Allow()
  event_types?: unknown;

  @Shown({
    type: ['integer', 'null'],
    minimum: RATE_LIMIT.least,
    maximum: RATE_LIMIT.most,
    description:
      'How many deliveries are sent in a second. If you leave it out, the answers of the endpoint set the pace.',
  })
  @Allow()
  rate?: unknown;

  @Shown({ description: 'Whether missed events from before the endpoint was created are included.' })
  @IsBoolean({ message: 'Must be a valid boolean.' })
  include_before_creation?: boolean;

  @Shown({ description: 'Whether the recovery only counts, and sends nothing.' })
  @IsBoolean({ message: 'Must be a valid boolean.' })
  dry_run?: boolean;
}

/** What a recovery is asked to do. */
export interface RecoveryChoice {
  readonly what: Recovered;
  readonly since: Date;
  readonly until: Date;
  /** Null for all. */
  readonly eventTypes: SubscribableEventType[] | null;
  readonly rate: number | null;
  readonly includeBeforeCreation: boolean;
  readonly dryRun: boolean;
}

/** The documentation of {@link RecoveryRequest}. */
export const recoveryBody: RequestBody = {
  required: true,
  content: {
    'application/json': {
      schema: component('RecoveryRequest', bodySchema(RecoveryRequest)),
      examples: {
        whatFailed: { since: '2024-01-15T14:30:00Z', what: 'failed' },
        countWhatWasMissed: { since: '2024-01-15', what: 'missed', dry_run: true },
      },
    },
  },
};

/** What the body asks for. @param now when it was asked. @throws {InvalidFieldsException} naming field and rule. */
export function readRecoveryRequest(body: RecoveryRequest, now: Date): RecoveryChoice {
  const problems: FieldProblems = {};
  const since = read(problems, 'since', () => readTime(body.since));
  const until = read(problems, 'until', () => (isGiven(body.until) ? readTime(body.until) : now));
  const eventTypes = read(problems, 'event_types', () => readTypes(body.event_types));
  const rate = read(problems, 'rate', () => readRate(body.rate));
  if (since && since > now) problems['since'] = ['Must not be in the future.'];
  else if (since && until && since >= until) problems['until'] = ['Must be later than `since`.'];
  if (Object.keys(problems).length > 0 || !since || !until) throw new InvalidFieldsException(problems);
  return {
    what: body.what,
    since,
    until: until < now ? until : now,
    eventTypes: eventTypes ?? null,
    rate: rate ?? null,
    includeBeforeCreation: body.include_before_creation ?? false,
    dryRun: body.dry_run ?? false,
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function read<T>(problems: FieldProblems, field: string, value: () => T): T | undefined {
  try {
    return value();
  } catch (error) {
    problems[field] = [error instanceof Error ? error.message : String(error)];
    return undefined;
  }
}

function readTime(value: unknown): Date {
  if (value === null) throw new Error('This field may not be null.');
  return timeParameter(typeof value === 'string' ? value : '');
}

function readTypes(value: unknown): SubscribableEventType[] | null {
  if (!isGiven(value)) return null;
  if (!Array.isArray(value)) throw new Error('Expected a list of items.');
  if (value.length === 0) throw new Error('This list may not be empty.');
  const known = EVENT_TYPES.filter((type) => value.includes(type));
  if (known.length === 0 || !value.every((each) => (EVENT_TYPES as readonly unknown[]).includes(each))) {
    throw new Error(`Each must be one of: ${EVENT_TYPES.join(', ')}.`);
  }
  return known;
}

function readRate(value: unknown): number | null {
  if (!isGiven(value)) return null;
  if (!isRateLimit(value)) {
    throw new Error(`Must be a whole number from ${RATE_LIMIT.least} to ${RATE_LIMIT.most}, or null.`);
  }
  return value;
}
