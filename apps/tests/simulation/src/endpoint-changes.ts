import { type EndpointState, PRODUCED_EVENT_TYPES, RETRY_SCHEDULES } from '@skillora/contracts';

import type { Random } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

/** What customers do with an endpoint that they keep. */
export type EndpointChangeKind = 'toggle' | 'events' | 'schedule' | 'limit' | 'hold';

interface Surroundings {
  readonly random: Random;
  readonly clock: VirtualClock;
}

/** The next version of an endpoint. */
export function changed(
  kind: EndpointChangeKind,
  state: EndpointState,
  { random, clock }: Surroundings,
): EndpointState {
  const version = state.version + 1;
  switch (kind) {
    case 'toggle':
      return { ...state, version, isActive: !state.isActive };
    case 'events':
      return { ...state, version, events: [random.pick(PRODUCED_EVENT_TYPES)] };
    case 'schedule':
      return { ...state, version, retrySchedule: random.pick(RETRY_SCHEDULES) };
    case 'limit': {
      const { rateLimit: _, ...others } = state;
      const limit = random.pick([null, 1, 3, 10]);
      return { ...others, version, ...(limit === null ? {} : { rateLimit: limit }) };
    }
    case 'hold':
      return { ...state, version, heldSince: new Date(clock.now).toISOString() };
  }
}

/**
 * Resumes a held endpoint some time later, if its hold has not ended.
 * @param latest the endpoint as it is then.
 */
export function resumeLater(
  held: EndpointState,
  { random, clock }: Surroundings,
  latest: () => EndpointState | null | undefined,
  set: (state: EndpointState) => void,
): void {
  clock.after(random.between(1_000, 600_000), () => {
    const { heldSince, ...now } = latest() ?? {};
    if (heldSince === held.heldSince && 'version' in now) set({ ...now, version: now.version + 1 });
  });
}
