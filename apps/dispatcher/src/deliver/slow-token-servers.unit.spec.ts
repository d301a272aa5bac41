import type { Delivery, EndpointState } from '@skillora/contracts';

import { Circuits } from '../circuit/circuits.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { ANSWERED } from '../testing/answered.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';
import type { PostedAttempt } from './deliver-ports.js';

const OVERALL = 20;
const TIMEOUT_MS = 30_000;
const BEGUN = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;

/** Endpoints whose token server hangs, and healthy ones, which answer in 10 ms. */
function endpoints() {
  let now = 0;
  const timers: { at: number; act: () => void }[] = [];
  const after = (ms: number, act: () => void) => {
    timers.push({ at: now + ms, act });
    return () => undefined;
  };
  const underWay = new Map<string, number>();
  const begunAt = new Map<string, number>();
  const add = (id: string, change: number): void => void underWay.set(id, (underWay.get(id) ?? 0) + change);
  const post = async ({ deliveryId, endpointId }: Delivery): Promise<PostedAttempt> => {
    const startedAt = new Date(now);
    begunAt.set(deliveryId, now);
    add(endpointId, 1);
    const isWithoutToken = endpointId.startsWith('waiting');
    const durationMs = isWithoutToken ? TIMEOUT_MS : 10;
    await new Promise<void>((resolve) => after(durationMs, resolve));
    add(endpointId, -1);
    return {
      ...ANSWERED,
      startedAt,
      durationMs,
      ...(isWithoutToken && { requestSent: false, responseStatus: null, error: 'authentication' }),
    };
  };
  const engine = new DeliverEngine<null>(
    { perEndpoint: 4, perHost: 1_000, overall: OVERALL, window: { records: 10_000, bytes: 10_000_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => now, monotonic: () => now, after },
      endpoints: {
        get: (id) => ({ ...BEGUN, id }),
        find: (id) => Promise.resolve({ ...BEGUN, id }),
        hostsOf: (id) => [id],
      },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      bodyOf: () => '{}',
      supersedes: () => false,
      prepare: (_record, delivery) => () => post(delivery),
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
  let made = 0;
  return {
    underWay,
    begunAt,
    push: (endpointId: string): string => {
      const at = new Date(now).toISOString();
      const deliveryId = String((made += 1));
      const delivery = anyDelivery({ deliveryId, endpointId, createdAt: at, dueAt: at });
      engine.takeFromMainLane({ record: null, partition: 0, delivery, bytes: 1 });
      return deliveryId;
    },
    pass: async (ms: number): Promise<void> => {
      for (const until = now + ms; now < until; now += 10) {
        timers.sort((a, b) => a.at - b.at);
        while ((timers[0]?.at ?? Infinity) <= now) timers.shift()?.act();
        if (now % 200 === 0) engine.tick();
        for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
      }
    },
    now: () => now,
  };
}

it('endpoints whose token server hangs come to hold a place each, and never those of others for a second', async () => {
  const { underWay, begunAt, push, pass, now } = endpoints();
  const waiting = Array.from({ length: OVERALL }, (_, n) => `waiting-${n}`);
  const healthy = new Map<string, number>();
  for (let at = 0; at < 5 * TIMEOUT_MS; at += 500) {
    if (at % 5_000 === 0) for (const id of waiting) for (let i = 0; i < 4; i += 1) push(id);
    healthy.set(push('healthy'), now());
    await pass(500);
  }
  expect(waiting.map((id) => underWay.get(id))).toEqual(waiting.map(() => 1));
  await pass(2_000);
  const waits = [...healthy].map(([id, pushedAt]) => (begunAt.get(id) ?? Infinity) - pushedAt);
  // In the first round nobody knows yet which token server hangs.
  expect(Math.max(...waits.slice(TIMEOUT_MS / 500))).toBeLessThanOrEqual(1_000);
});
