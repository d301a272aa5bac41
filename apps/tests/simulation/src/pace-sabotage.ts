import type { DeliverRules } from '@skillora/dispatcher/simulation-exports';

import { but } from './parts.js';

/** The parts that these sabotages replace. */
export interface PacedParts {
  readonly deliverRules: DeliverRules;
}

/** Deliberate faults against rate limits and holds, for dispatchers of both topologies. */
export const PACE_BREAKINGS = {
  /** A retry does not count in the rate limit. */
  'unlimited-retries': ({ deliverRules }: PacedParts) => ({
    deliverRules: but(deliverRules, {
      paceOf: (endpoint, delivery) => {
        const pace = deliverRules.paceOf(endpoint, delivery);
        return delivery.step > 1 && pace !== 0 ? null : pace;
      },
    }),
  }),
  /** Deliveries that wait in memory begin although their endpoint is held. */
  'begins-held': ({ deliverRules }: PacedParts) => ({
    deliverRules: but(deliverRules, {
      paceOf: ({ heldSince: _, ...endpoint }, delivery) => deliverRules.paceOf(endpoint, delivery),
    }),
  }),
};
