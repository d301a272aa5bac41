import { type DeliveryErrorCode, ERROR_CODES, type EndpointState } from '@skillora/contracts';

import { FAILURES_TO_OPEN } from '../circuit/circuit-breaker.js';
import { Circuits } from '../circuit/circuits.js';
import { saysNothing } from '../circuit/connect-failure.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';
import type { PostedAttempt } from './deliver-ports.js';

const ENDPOINT = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;

/** Attempts to one endpoint, one after the other. */
function attempts() {
  let now = 0;
  let made = 0;
  let error: DeliveryErrorCode | null = null;
  const circuits = new Circuits(5_000);
  const outcome = (): PostedAttempt => {
    made += 1;
    const asked = {
      requestSent: error === 'http_status',
      responseStatus: error === 'http_status' ? 500 : null,
    };
    const nothingKept = { responseBody: null, responseHeaders: null, errorDetail: null, remoteAddress: null };
    const timingsMs = { dns: null, connect: null, tls: null, firstByte: null };
    const ended = { startedAt: new Date(now), durationMs: 0, gone: false, retryAfterMs: null };
    return { ...asked, ...nothingKept, ...ended, timingsMs, error };
  };
  const engine = new DeliverEngine<null>(
    { perEndpoint: 4, perHost: 4, overall: 4, window: { records: 100, bytes: 100_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => now, monotonic: () => now, after: () => () => undefined },
      endpoints: { get: () => ENDPOINT, find: () => Promise.resolve(ENDPOINT), hostsOf: () => ['h'] },
      circuits,
      slowLane: new SlowLane(),
      bodyOf: () => '{}',
      supersedes: () => false,
      prepare: () => () => Promise.resolve(outcome()),
      isStale: () => false,
      aloneSince: () => null,
      ack: () => undefined,
      giveUp: () => undefined,
      shared: () => undefined,
      failed: (_record, _delivery, fault) => {
        throw fault;
      },
    },
  );
  return {
    circuits,
    /** @returns whether an attempt was made, and did not share the failure of another. */
    attempt: async (with_: DeliveryErrorCode): Promise<boolean> => {
      error = with_;
      const before = made;
      const delivery = anyDelivery({
        createdAt: new Date(now).toISOString(),
        dueAt: new Date(now).toISOString(),
      });
      engine.takeFromMainLane({ record: null, partition: 0, delivery, bytes: 1 });
      while (engine.queues.underWay > 0) await Promise.resolve();
      return made > before;
    },
    pass: (ms: number) => void (now += ms),
  };
}

describe.each(ERROR_CODES.filter(saysNothing))(
  'attempts that end as %s, so that the endpoint was not asked',
  (error) => {
    it('do not open its circuit', async () => {
      const { attempt, circuits } = attempts();
      for (let count = 0; count < 2 * FAILURES_TO_OPEN; count += 1) expect(await attempt(error)).toBe(true);
      expect(circuits.open).toBe(0);
    });

    it('do not interrupt the failures that open it', async () => {
      const { attempt, circuits } = attempts();
      for (let count = 1; count < FAILURES_TO_OPEN; count += 1) await attempt('connection_refused');
      await attempt(error);
      await attempt('connection_refused');
      expect(circuits.open).toBe(1);
    });

    it('do not close it as a probe, as an answer does', async () => {
      const { attempt, circuits, pass } = attempts();
      for (let count = 0; count < FAILURES_TO_OPEN; count += 1) await attempt('connection_refused');
      pass(1_000);
      expect(await attempt(error)).toBe(true);
      expect([circuits.open, await attempt('connection_refused')]).toEqual([1, false]);
      pass(2_000);
      expect(await attempt('http_status')).toBe(true);
      expect(circuits.open).toBe(0);
    });
  },
);
