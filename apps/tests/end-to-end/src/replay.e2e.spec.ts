import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const operator = new Operator(customer.address);
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;
let from: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  ({ id: endpointId } = await customer.register(receiver.url));
  from = new Date().toISOString();
});

afterEach(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
});

const replay = async (...more: string[]): Promise<Recovery> =>
  JSON.parse(
    await operator.admin(...['replay', '--endpoint', endpointId, '--from', from, '--json'], ...more),
  ) as Recovery;

interface Recovery {
  readonly id: string;
  readonly status: string;
  readonly waits_for: string | null;
  readonly expected: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly created_at: string;
  readonly ended_at: string;
}

const recoveries = (): string => `/api/v1/webhook-endpoints/${endpointId}/recoveries/`;

/** Asks for a recovery, and waits until it has ended. */
async function recover(body: object): Promise<Recovery> {
  const asked = await customer.call<Recovery>('POST', recoveries(), { since: from, ...body });
  expect([asked.status, asked.body.status]).toEqual([202, 'counting']);
  return waitFor(async () => {
    const { body: standing } = await customer.call<Recovery>('GET', `${recoveries()}${asked.body.id}/`);
    return ['done', 'cancelled'].includes(standing.status) && standing;
  }, 'the end of the recovery');
}

/**
 * Publishes events, and waits until the audit has them and they are matched with the endpoints as they are now.
 */
async function publish(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => interviewCompleted());
  const known = async (): Promise<number> => (await customer.events({ created_after: from })).length;
  const before = await known();
  for (const event of events) await producer.publish(event);
  await waitFor(async () => (await known()) >= before + count, 'the events in the audit');
  await reconciled((found) => found.events_awaiting_fan_out + found.events_not_fanned_out === 0);
}

interface Reconciliation {
  readonly events_awaiting_fan_out: number;
  readonly events_not_fanned_out: number;
  readonly deliveries_expected: number;
  readonly deliveries_ended: number;
  readonly deliveries_open: number;
}

/** The reconciliation of the events since the test began, once it stands so. */
const reconciled = (settled: (found: Reconciliation) => boolean): Promise<Reconciliation> =>
  waitFor(async () => {
    const path = `/api/v1/audit/reconciliation/?created_after=${from}`;
    const { body } = await customer.call<Reconciliation>('GET', path);
    return settled(body) && body;
  }, 'the reconciliation');

describe('a replay', () => {
  it('sends what the endpoint missed while it was inactive, once, and not faster than asked for', async () => {
    await operator.admin('endpoints', 'pause', endpointId);
    await publish(4);
    await expect(replay()).rejects.toThrow(
      /the endpoint is inactive, so nothing is sent to it; activate it first/,
    );
    await operator.admin('endpoints', 'resume', endpointId);
    expect(await replay('--dry-run')).toMatchObject({ status: 'done', expected: 4, sent: 0 });
    expect(receiver.arrivals).toEqual([]);

    const paced = await replay('--rate', '1');
    expect(paced).toMatchObject({ status: 'done', expected: 4, sent: 4, succeeded: 4 });
    expect(receiver.arrivals).toHaveLength(4);
    // Three seconds lie between the first and the last, less the quarter of one that is made up for.
    expect(Date.parse(paced.ended_at) - Date.parse(paced.created_at)).toBeGreaterThan(2_500);
    const deliveries = await customer.deliveries({ endpoint_id: endpointId });
    expect(deliveries).toHaveLength(4);
    for (const each of deliveries) {
      expect(each).toMatchObject({ status: 'success', attempt_count: 1, attempts: [{ trigger: 'manual' }] });
    }

    expect(await replay()).toMatchObject({ expected: 0, sent: 0 });
    expect(receiver.arrivals).toHaveLength(4);
  });

  it('is told of, so that the reconciliation expects what it made', async () => {
    await operator.admin('endpoints', 'pause', endpointId);
    await publish(3);
    const before = await reconciled(({ events_awaiting_fan_out }) => events_awaiting_fan_out === 0);
    await operator.admin('endpoints', 'resume', endpointId);

    await replay();

    const expected = before.deliveries_expected + 3;
    expect(
      await reconciled((now) => now.deliveries_expected === expected && now.deliveries_open === 0),
    ).toMatchObject({ deliveries_expected: expected, deliveries_ended: expected, deliveries_missing: 0 });
    expect(await replay('--include-delivered')).toMatchObject({ expected: 3, sent: 3 });
    expect((await reconciled(() => true)).deliveries_expected).toBe(expected);
  });

  it('repeats what failed for good, and what arrived only when asked to', async () => {
    receiver.next(...Array.from({ length: 4 }, () => ({ status: 500 })));
    await publish(1);
    await waitFor(() => customer.deliveryTo(endpointId, 'failed'), 'the failed delivery');
    await publish(1);
    await waitFor(() => customer.deliveryTo(endpointId, 'success'), 'the other delivery');

    expect(await replay()).toMatchObject({ expected: 1, sent: 1, succeeded: 1 });
    expect(receiver.arrivals).toHaveLength(6);
    expect(await replay('--include-delivered')).toMatchObject({ expected: 2, sent: 2, succeeded: 2 });
    expect(receiver.arrivals).toHaveLength(8);
    const deliveries = await customer.deliveries({ endpoint_id: endpointId, status: 'success' });
    expect(deliveries.map(({ attempt_count }) => attempt_count).sort()).toEqual([2, 6]);
  });
});

describe('a recovery', () => {
  it('sends what failed and what was missed, each once, and leaves alone what arrived', async () => {
    receiver.next(...Array.from({ length: 4 }, () => ({ status: 500 })));
    await publish(1);
    await waitFor(() => customer.deliveryTo(endpointId, 'failed'), 'the failed delivery');
    await publish(1);
    await waitFor(() => customer.deliveryTo(endpointId, 'success'), 'the other delivery');
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${endpointId}/`, { is_active: false });
    await publish(2);
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${endpointId}/`, { is_active: true });

    expect(await recover({ what: 'failed' })).toMatchObject({
      status: 'done',
      expected: 1,
      sent: 1,
      succeeded: 1,
    });
    expect(receiver.arrivals).toHaveLength(6);
    expect(await recover({ what: 'missed' })).toMatchObject({
      status: 'done',
      expected: 2,
      sent: 2,
      succeeded: 2,
    });
    expect(receiver.arrivals).toHaveLength(8);
    expect(await recover({ what: 'all', dry_run: true })).toMatchObject({
      status: 'done',
      expected: 4,
      sent: 0,
    });
    expect(receiver.arrivals).toHaveLength(8);
  });

  it('is in the log of changes of its endpoint', async () => {
    const { id } = await recover({ what: 'failed' });
    const path = `/api/v1/audit/changes/?object_id=${endpointId}&action=endpoint.recovery_created`;
    const { body } = await customer.call<{ results: { after: { recovery_id: string } }[] }>('GET', path);
    expect(body.results.map(({ after }) => after.recovery_id)).toEqual([id]);
  });
});
