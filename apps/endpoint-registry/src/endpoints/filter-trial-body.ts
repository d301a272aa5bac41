import type { FilterRule, SubscribableEventType } from '@skillora/contracts';
import {
  AsSent,
  bodySchema,
  InvalidFieldsException,
  type RequestBody,
  Requires,
  Shown,
} from '@skillora/rest';
import { Allow } from 'class-validator';

import { demandPossibleRule, FILTER_EXAMPLE, filterSchema, ruleOf } from './endpoint-filter.js';

/** The body of a trial. */
@Requires('filter')
@AsSent('filter')
export class TrialRequest {
  @Shown(filterSchema)
  @Allow()
  filter?: unknown;
}

/** The documentation of the body of a trial. */
export const trialBody: RequestBody = {
  required: true,
  content: {
    'application/json': {
      schema: bodySchema(TrialRequest),
      examples: {
        scores: { filter: FILTER_EXAMPLE },
        oneOfTwo: { filter: { any: [{ 'data.score': { '<': 50 } }, { 'data.status': { prefix: 'c' } }] } },
      },
    },
  },
};

/**
 * The rule of the filter that is to be tried.
 * @throws {InvalidFieldsException} as for the filter of an endpoint that subscribes to these types.
 */
export function triedFilter(
  { filter: given }: TrialRequest,
  eventTypes: readonly SubscribableEventType[],
): FilterRule {
  if (given === null) throw new InvalidFieldsException({ filter: ['This field may not be null.'] });
  const rule = ruleOf(given);
  demandPossibleRule(rule, eventTypes);
  return rule;
}
