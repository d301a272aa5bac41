import 'reflect-metadata';

import { jest } from '@jest/globals';
import { deliveryResultSchema, deliverySchema, type EndpointState, Topics } from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord, RecordBatch } from '@skillora/kafka';
import { createLogger, NO_TRACER } from '@skillora/operability';
import { SecretBox } from '@skillora/signing';
import { register } from 'prom-client';

import { EventBodies } from '../bodies/event-bodies.js';
import type { AuthorizedPoster } from '../credentials/authorized-poster.js';
import type { EndpointTable } from '../endpoints/endpoint-table.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { AttemptGate } from '../queues/attempt-gate.js';
import { HostAddresses } from '../queues/host-addresses.js';
import { RebalanceDrain } from '../queues/rebalance-drain.js';
import { Tenure } from '../queues/tenure.js';
import type { ManualRetries } from '../retry/manual-retries.js';
import type { DispatcherSettings } from '../settings.js';
import { ANSWERED } from '../testing/answered.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverController } from './deliver.controller.js';

const secretBox = SecretBox.fromSetting(Buffer.alloc(32, 1).toString('base64'));
const SETTINGS = {
  secretBox,
  retryDelaysMs: [1_000, 2_000],
  extendedRetryDelaysMs: [1_000, 5_000],
  endpointConcurrency: 2,
  hostConcurrency: 2,
  deliveryConcurrency: 4,
} as unknown as DispatcherSettings;
/** More than ten tries with a second between them take. */
const LONG_ENOUGH_MS = 60_000;

const delivery = anyDelivery({ createdAt: '2026-03-04T03:06:07.000Z', dueAt: '2026-03-04T03:06:07.000Z' });

/** No delivery here names its event. */
const BODIES = new EventBodies({ readFrom: () => Promise.resolve([]) }, 0, {
  looked: () => undefined,
  unread: () => undefined,
  pause: () => Promise.resolve(),
});

/** What became of the delivery: the records written for it, or the error it was given up with. */
interface Outcome {
  done: readonly OutgoingRecord[] | null;
  givenUpWith: unknown;
}

/** A dispatcher that takes one delivery, and what becomes of that. */
function dispatcher(
  endpoints: Pick<EndpointTable, 'find' | 'get'>,
  isStale: () => boolean = () => false,
  post: AuthorizedPoster['post'] = () => Promise.reject(new Error('nothing is to be posted')),
): { readonly controller: DeliverController; readonly outcome: Outcome } {
  const controller = new DeliverController(
    SETTINGS,
    createLogger('deliver-test', 'silent'),
    NO_TRACER,
    endpoints as EndpointTable,
    { supersedes: () => false } as unknown as ManualRetries,
    { post } as AuthorizedPoster,
    new SlowLane(),
    new HostAddresses(),
    new AttemptGate(),
    new RebalanceDrain(),
    new Tenure(),
    BODIES,
  );
  const outcome: Outcome = { done: null, givenUpWith: null };
  const record = { offset: 7n, value: deliverySchema.encode(delivery), headers: {} };
  const batch: RecordBatch = {
    topic: Topics.deliveries,
    partition: 0,
    records: [record as ReceivedRecord],
    ack: (_offset, records = []) => (outcome.done = records),
    pauseAt: () => undefined,
    giveUp: (_offset, error) => (outcome.givenUpWith = error),
    isStale,
  };
  void controller.onDeliveries(batch);
  return { controller, outcome };
}

/** A dispatcher whose look for the endpoint is what fails. */
const deliver = (...given: Parameters<typeof dispatcher>): Outcome => dispatcher(...given).outcome;

const endpoint = {
  id: 'p',
  url: 'https://example.com/hook',
  version: 7,
  isActive: true,
  sealedSecret: secretBox.seal('a signing secret', 'p'),
} as EndpointState;
const fault = new TypeError('x is undefined');
const failing = (error: Error): jest.Mock<EndpointTable['find']> =>
  jest.fn<EndpointTable['find']>().mockRejectedValue(error);

describe('a delivery that cannot be attempted', () => {
  beforeEach(() => {
    register.clear();
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('for a fault of ours is tried ten times, and then takes its turn in the schedule as a failed attempt', async () => {
    const find = failing(fault);
    const outcome = deliver({ find, get: () => endpoint });
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(find).toHaveBeenCalledTimes(10);
    const [next, result] = outcome.done ?? [];
    expect([next?.topic, result?.topic]).toEqual(['webhook.retries.1', Topics.deliveryResults]);
    expect(deliveryResultSchema.decode(result?.value ?? Buffer.alloc(0))).toMatchObject({
      status: 'retrying',
      error: 'internal',
      attempt: {
        requestBytes: 2,
        responseStatus: null,
        number: 1,
        url: 'https://example.com/hook',
        endpointVersion: 7,
        signedWith: null,
      },
    });
    expect(outcome.givenUpWith).toBeNull();
  });

  it('nor be reported as a failed attempt is put aside with the error', async () => {
    const get = (): never => {
      throw fault;
    };
    const outcome = deliver({ find: failing(fault), get });
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(outcome).toEqual({ done: null, givenUpWith: fault });
  });

  it('once is attempted a second later', async () => {
    const find = jest.fn<EndpointTable['find']>().mockRejectedValueOnce(fault).mockResolvedValue(undefined);
    const outcome = deliver({ find, get: () => undefined });
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(find).toHaveBeenCalledTimes(2);
    const [result] = outcome.done ?? [];
    expect(deliveryResultSchema.decode(result?.value ?? Buffer.alloc(0))).toMatchObject({
      error: 'endpoint_deleted',
    });
  });

  it('because of what is around is tried for as long as that lasts', async () => {
    const find = failing(new Error('the brokers are away'));
    const outcome = deliver({ find, get: () => endpoint });
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(find.mock.calls.length).toBeGreaterThan(20);
    expect(outcome).toEqual({ done: null, givenUpWith: null });
  });

  it('is not tried again once its partition is another instance’s', async () => {
    const find = failing(fault);
    let stale = false;
    const outcome = deliver({ find, get: () => endpoint }, () => stale);
    await jest.advanceTimersByTimeAsync(0);
    stale = true;
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(find).toHaveBeenCalledTimes(1);
    expect(outcome).toEqual({ done: null, givenUpWith: null });
  });

  it('is not attempted when its partition went to another instance while its endpoint was looked up', async () => {
    let stale = false;
    const find = jest.fn<EndpointTable['find']>().mockImplementation(() => {
      stale = true;
      return Promise.resolve(endpoint);
    });
    const post = jest.fn<AuthorizedPoster['post']>();
    const outcome = deliver({ find, get: () => endpoint }, () => stale, post);
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(find).toHaveBeenCalledTimes(1);
    expect(post).not.toHaveBeenCalled();
    expect(outcome).toEqual({ done: null, givenUpWith: null });
  });
});

describe('an attempt', () => {
  beforeEach(() => {
    register.clear();
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is recorded with the time that its request was signed with, also if it is sent in a later second', async () => {
    jest.setSystemTime(Date.parse('2026-03-04T03:06:07.999Z'));
    let sent: Readonly<Record<string, string>> = {};
    const outcome = deliver(
      { find: () => Promise.resolve(endpoint), get: () => endpoint },
      undefined,
      (attempt) => {
        sent = attempt.request.headers;
        jest.setSystemTime(Date.now() + 1);
        return Promise.resolve(ANSWERED);
      },
    );
    await jest.advanceTimersByTimeAsync(0);
    const [result] = outcome.done ?? [];
    expect(sent).toMatchObject({
      'X-Webhook-Delivery': '2026-03-04T03:06:07Z',
      'webhook-timestamp': '1772593567',
    });
    expect(deliveryResultSchema.decode(result?.value ?? Buffer.alloc(0))).toMatchObject({
      attempt: { startedAt: '2026-03-04T03:06:07.999Z' },
    });
  });
});

describe('a delivery that has not ended when its instance ends', () => {
  beforeEach(() => {
    register.clear();
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('moves to the slow lane once its attempt has had 20 s to end', async () => {
    const { controller, outcome } = dispatcher({
      find: () => Promise.withResolvers<EndpointState>().promise,
      get: () => endpoint,
    });
    const handedOver = controller.handOver(() => true);
    await jest.advanceTimersByTimeAsync(19_000);
    expect(outcome.done).toBeNull();
    await jest.advanceTimersByTimeAsync(2_000);
    await handedOver;
    expect(outcome.done?.map(({ topic }) => topic)).toEqual([Topics.slowDeliveries]);
  });
});
