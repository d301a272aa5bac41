import type { AttemptEffect } from '../concurrency-limit.js';
import type { QueuedWork } from '../endpoint-queue.js';
import { EndpointQueues } from '../endpoint-queues.js';

/** A piece of work; its number says when it was pushed. */
export interface NumberedWork extends QueuedWork {
  readonly number: number;
}

export interface ControlledOptions {
  readonly perHost?: number;
  /** Each endpoint has a host of its own, unless this says something else. */
  readonly hostsOf?: (endpointId: string) => readonly string[];
  /** How many attempts a second each endpoint may have; null: any number. */
  readonly rate?: number | null;
}

/** Queues whose work ends, and whose time passes, when the test says so. */
export function controlledQueues(
  perEndpoint: number,
  overall: number,
  { perHost = Infinity, hostsOf = (endpointId) => [endpointId], rate = null }: ControlledOptions = {},
) {
  let now = 0;
  let count = 0;
  const begun: NumberedWork[] = [];
  const urgent = new Set<NumberedWork>();
  const ends = new Map<NumberedWork, (effect: AttemptEffect) => void>();
  const queues = new EndpointQueues<NumberedWork>(
    { perEndpoint, perHost, overall },
    {
      begin: (work, { isUrgent }) => {
        begun.push(work);
        if (isUrgent) urgent.add(work);
        return new Promise((resolve) => ends.set(work, resolve));
      },
      hostsOf,
      pacing: {
        rateOf: () => rate,
        rateFor: () => rate,
        endsUnasked: () => false,
        isStale: () => false,
        aloneSince: () => -10_000,
        learning: () => null,
      },
      clock: () => now,
      after: () => undefined,
    },
  );
  return {
    queues,
    begun,
    urgent,
    underWay: () => [...ends.keys()],
    ofEndpoint: (id: string) => [...ends.keys()].filter(({ endpointId }) => endpointId === id),
    push: (endpointId: string, change: Partial<NumberedWork> = {}): NumberedWork => {
      const common = { endpointId, organizationId: 'o', bytes: 1, urgent: false };
      const work = { ...common, number: (count += 1), ...change };
      queues.push(work);
      return work;
    },
    pass: (ms: number): NumberedWork[] => {
      now += ms;
      return queues.tick();
    },
    end: async (work: NumberedWork, effect: AttemptEffect = 'success') => {
      ends.get(work)?.(effect);
      ends.delete(work);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}
