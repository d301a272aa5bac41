import { execFileSync } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';

import { Webhook } from 'standardwebhooks';

import { waitFor } from '@skillora/testing';
import { type Answer, Customer, type Delivery } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { inTime, TooLate } from './testing/in-time.js';
import { type Answer as ReceiverAnswer, type Arrival, Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;
let secret: string;

async function open(): Promise<void> {
  receiver = await Receiver.start();
  ({ id: endpointId, secret } = await customer.register(receiver.url));
}

async function close(): Promise<void> {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
}

beforeEach(open);
afterEach(close);

/** The rule customers verify by: HMAC-SHA256 over the raw body with the whole secret as the key. */
function verifies({ headers, body }: Arrival, key: string): boolean {
  const header = String(headers['x-webhook-signature-256']);
  if (!header.startsWith('sha256=')) return false;
  const expected = createHmac('sha256', key).update(body).digest('hex');
  return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(header.slice('sha256='.length), 'hex'));
}

const PYTHON_RECEIVER = `
import hashlib, hmac, json, sys
request = json.load(sys.stdin)
prefix, _, received = request["signature"].partition("=")
expected = hmac.new(request["secret"].encode("utf-8"), request["body"].encode("utf-8"), hashlib.sha256).hexdigest()
print("verified" if prefix == "sha256" and hmac.compare_digest(expected, received) else "refused")
`;

function verifiesInPython({ headers, body }: Arrival, key: string): boolean {
  const input = JSON.stringify({ signature: headers['x-webhook-signature-256'], body, secret: key });
  return execFileSync('python3', ['-c', PYTHON_RECEIVER], { input, encoding: 'utf8' }).trim() === 'verified';
}

const arrived = (count: number): Promise<Arrival[]> =>
  waitFor(() => receiver.arrivals.length >= count && receiver.arrivals, `${count} arrivals`);

const stands = (status: Delivery['status']): Promise<Delivery> =>
  waitFor(() => customer.deliveryTo(endpointId, status), `a delivery that stands at ${status}`);

/**
 * A delivery to an endpoint of its own that has failed once, and waits so long for its retry.
 * @param later the answer to every later attempt.
 * @throws {TooLate} when its retry came before it was seen.
 */
async function failedOnce(seconds: number, later: ReceiverAnswer): Promise<Delivery> {
  await close();
  await open();
  receiver.always(later);
  receiver.next({ status: 503, headers: { 'retry-after': String(seconds) } });
  await producer.publish(interviewCompleted());
  const found = await customer.attempted(endpointId);
  if (found.status !== 'retrying' || found.attempt_count > 1) throw new TooLate();
  return found;
}

describe('what a receiver gets', () => {
  it('is signed so that it verifies in JavaScript and in Python, and with no other secret', async () => {
    await producer.publish(interviewCompleted());
    const [arrival] = await arrived(1);
    expect(verifies(arrival!, secret)).toBe(true);
    expect(verifies(arrival!, `${secret}x`)).toBe(false);
    expect(verifiesInPython(arrival!, secret)).toBe(true);
    expect(verifiesInPython(arrival!, `${secret}x`)).toBe(false);
  });

  it('is signed with a secret of the customer’s own, where one was given', async () => {
    const own = 'a secret of our own: žluťoučký kůň';
    const { id, standard_webhooks_secret } = await customer.register(receiver.url, {
      secret: own,
      events: ['mock_interview_completed'],
    });
    const { status } = await customer.call('POST', `/api/v1/webhook-endpoints/${id}/test/`);
    expect(status).toBe(200);
    const [arrival] = await arrived(1);
    expect(verifies(arrival!, own)).toBe(true);
    expect(verifiesInPython(arrival!, own)).toBe(true);
    const library = new Webhook(standard_webhooks_secret ?? '');
    expect(() => library.verify(arrival!.body, arrival!.headers as Record<string, string>)).not.toThrow();
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
  });

  it('carries the promised headers', async () => {
    await producer.publish(interviewCompleted());
    const [{ headers }] = (await arrived(1)) as [Arrival];
    expect(headers).toMatchObject({
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'Skillora-Webhook/1.0',
      'x-webhook-event': 'interview_completed',
      'x-webhook-delivery': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'x-webhook-signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
      'x-webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-webhook-event-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-webhook-attempt': '1',
    });
  });

  it('is signed with the new secret after it was regenerated', async () => {
    const { status, body } = await customer.call<{ status: string; message: string; secret: string }>(
      'POST',
      `/api/v1/webhook-endpoints/${endpointId}/regenerate_secret/`,
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'success',
      message: 'Secret regenerated successfully',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      standard_webhooks_secret: body.secret,
    });
    await producer.publish(interviewCompleted());
    const [arrival] = await arrived(1);
    expect(verifies(arrival!, body.secret)).toBe(true);
    expect(verifies(arrival!, secret)).toBe(false);
  });
});

describe('a former secret', () => {
  it('that is kept for a while verifies in the Standard Webhooks signature alone, beside the new one', async () => {
    const { status, body } = await customer.call<{ secret: string; former_secret_expires_at: string }>(
      'POST',
      `/api/v1/webhook-endpoints/${endpointId}/regenerate_secret/`,
      { expire_former_after: '24h' },
    );
    expect(status).toBe(200);
    expect(Date.parse(body.former_secret_expires_at) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await producer.publish(interviewCompleted());
    const [arrival] = (await arrived(1)) as [Arrival];
    const headers = arrival.headers as Record<string, string>;
    for (const key of [secret, body.secret]) {
      expect(() => new Webhook(key).verify(arrival.body, headers)).not.toThrow();
    }
    expect(verifies(arrival, body.secret)).toBe(true);
    expect(verifies(arrival, secret)).toBe(false);
  });

  it('cannot be kept for a time that is none, and the answer says so', async () => {
    const { status, body } = await customer.call(
      'POST',
      `/api/v1/webhook-endpoints/${endpointId}/regenerate_secret/`,
      { expire_former_after: 'for ever' },
    );
    expect([status, body]).toEqual([
      400,
      { expire_former_after: ['Must be a whole number of seconds, or a duration such as "24h".'] },
    ]);
  });
});

describe('a delivery that fails', () => {
  it('is tried again on schedule with the same bytes until it succeeds', async () => {
    receiver.next(
      { status: 500, body: 'we are sorry' },
      { status: 301, headers: { location: receiver.url } },
    );
    await producer.publish(interviewCompleted());
    const [first, second, third] = (await arrived(3)) as [Arrival, Arrival, Arrival];
    expect(second.at - first.at).toBeGreaterThanOrEqual(950);
    expect(third.at - second.at).toBeGreaterThanOrEqual(1_950);
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    expect(second.headers['x-webhook-id']).toBe(first.headers['x-webhook-id']);
    expect(verifies(third, secret)).toBe(true);
    const delivery = await stands('success');
    expect(delivery).toMatchObject({
      attempt_count: 3,
      response_status: 200,
      attempts: [
        { number: 1, response_status: 500, response_body: 'we are sorry', error: 'http_status' },
        { number: 2, response_status: 301, error: 'redirect' },
        { number: 3, response_status: 200, error: null },
      ].map((attempt) => ({ ...attempt, request_bytes: Buffer.byteLength(first.body) })),
    });
    expect(delivery.attempts[1]?.error_detail).toContain(
      ` to ${receiver.url}, and redirects are not followed`,
    );
  });

  it('says when it is tried again, and stands at failed after the last attempt', async () => {
    const retrying = await inTime(4, (seconds) => failedOnce(seconds, { status: 503 }));
    expect(Date.parse(retrying.next_retry_at!)).toBeGreaterThan(Date.parse(retrying.attempts[0]!.started_at));
    const failed = await stands('failed');
    expect(failed).toMatchObject({
      attempt_count: 4,
      error: 'http_status',
      next_retry_at: null,
      delivered_at: null,
    });
    expect(receiver.arrivals).toHaveLength(4);
    expect(await customer.endpoint(endpointId)).toMatchObject({ total_deliveries: 1, failed_deliveries: 1 });

    receiver.always({ status: 200 });
    const retried = await customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`);
    expect(retried.status).toBe(202);
    expect(retried.body).toMatchObject({ status: 'success' });
    const success = await stands('success');
    expect(success.attempts.at(-1)).toMatchObject({ number: 5, trigger: 'manual', response_status: 200 });
    expect(await customer.endpoint(endpointId)).toMatchObject({ total_deliveries: 1, failed_deliveries: 0 });
    const again = await customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`);
    expect(again.status).toBe(409);
  });

  it('is attempted once when many ask for a retry at once, and once more when that failed', async () => {
    receiver.always({ status: 500 });
    await producer.publish(interviewCompleted());
    const failed = await stands('failed');
    const retryAtOnce = async (): Promise<number[]> => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`),
        ),
      );
      return answers.map(({ status }) => status).sort();
    };
    const once = [202, ...Array<number>(7).fill(409)];
    expect(await retryAtOnce()).toEqual(once);
    // Each round has the whole schedule, four attempts.
    await waitFor(
      async () => (await customer.deliveryTo(endpointId, 'failed'))?.attempt_count === 8,
      'a second failure',
    );
    receiver.always({ status: 200 });
    expect(await retryAtOnce()).toEqual(once);
    expect(await stands('success')).toMatchObject({ attempt_count: 9 });
    // A later event passes the same partitions: a further attempt would have come before it.
    await producer.publish(interviewCompleted());
    await arrived(10);
    expect(receiver.arrivals).toHaveLength(10);
  });

  it('is retried by hand at once while it waits, and the waiting attempt is dropped', async () => {
    await inTime(4, async (seconds) => {
      const retrying = await failedOnce(seconds, { status: 200 });
      const { status } = await customer.call('POST', `/api/v1/webhook-deliveries/${retrying.id}/retry/`);
      const success = await stands('success');
      const triggers = success.attempts.map(({ trigger }) => trigger);
      // The retry that waited has come before.
      if (triggers[1] === 'automatic') throw new TooLate();
      expect([status, triggers]).toEqual([202, ['automatic', 'manual']]);
      // A later event goes through the same partitions and retry topic: when it has come back, the dropped one
      // would have.
      receiver.next({ status: 503, headers: { 'retry-after': String(seconds) } });
      await producer.publish(interviewCompleted());
      await arrived(4);
      expect(receiver.arrivals).toHaveLength(4);
    });
  });

  it('is sent again after it succeeded, as the same delivery of the same event', async () => {
    await producer.publish(interviewCompleted());
    const { id, event_id } = await stands('success');
    const before = await customer.endpoint(endpointId);

    expect((await customer.call('POST', `/api/v1/webhook-deliveries/${id}/resend/`)).status).toBe(202);
    await waitFor(async () => (await stands('success')).attempt_count === 2, 'the second attempt');
    // The event goes to all endpoints that want it: to this one alone if it is named.
    const named = { endpoint_ids: [endpointId] };
    const path = `/api/v1/webhook-events/${event_id}/resend/`;
    const answer = await customer.call<{ deliveries: object[] }>('POST', path, named);
    expect([answer.status, answer.body.deliveries]).toEqual([202, [{ id, endpoint_id: endpointId }]]);

    const [first, second, third] = (await arrived(3)) as [Arrival, Arrival, Arrival];
    for (const each of [second, third]) {
      expect(each.body).toBe(first.body);
      expect(verifies(each, secret)).toBe(true);
      for (const name of ['x-webhook-id', 'x-webhook-event-id', 'x-webhook-event', 'webhook-id']) {
        expect([name, each.headers[name]]).toEqual([name, first.headers[name]]);
      }
    }
    expect([first, second, third].map(({ headers }) => headers['x-webhook-attempt'])).toEqual([
      '1',
      '2',
      '3',
    ]);
    const delivery = await waitFor(async () => {
      const found = await stands('success');
      return found.attempt_count === 3 && found;
    }, 'the third attempt');
    expect(delivery.attempts.map(({ trigger }) => trigger)).toEqual(['automatic', 'manual', 'manual']);
    expect(await customer.endpoint(endpointId)).toMatchObject({
      ...{ total_deliveries: before.total_deliveries, failed_deliveries: 0 },
      health: { state: 'healthy', consecutive_failures: 0 },
    });
  });

  it('keeps its success when it is sent again and that fails, until it is sent once more', async () => {
    await inTime(4, async (seconds) => {
      await close();
      await open();
      await producer.publish(interviewCompleted());
      const { id } = await stands('success');
      const later = { status: 503, headers: { 'retry-after': String(seconds) } };
      const resend = async (): Promise<number> =>
        (await customer.call('POST', `/api/v1/webhook-deliveries/${id}/resend/`)).status;
      receiver.next(later);
      expect(await resend()).toBe(202);
      await waitFor(async () => (await stands('success')).attempt_count > 1, 'the failed attempt');
      expect(await resend()).toBe(202);
      const ended = await waitFor(async () => {
        const delivery = await stands('success');
        return delivery.attempt_count > 2 && delivery;
      }, 'the attempt that was asked for once more');
      // The retry of the first of both has come before the second.
      if (ended.attempts[2]?.trigger === 'automatic') throw new TooLate();
      // A later event goes through the same partitions and retry topic: when it has come back, the retry that was
      // dropped would have.
      receiver.next(later);
      await producer.publish(interviewCompleted());
      await arrived(5);
      expect(receiver.arrivals.filter(({ headers }) => headers['x-webhook-id'] === id)).toHaveLength(3);
    });
  });

  it('ends at once when the receiver is gone for good, and its endpoint is disabled', async () => {
    receiver.always({ status: 410 });
    await producer.publish(interviewCompleted());
    expect(await stands('failed')).toMatchObject({
      attempt_count: 1,
      response_status: 410,
      next_retry_at: null,
    });
    await waitFor(
      async () => !(await customer.endpoint(endpointId)).is_active,
      'the endpoint to be disabled',
    );
    expect(await customer.endpoint(endpointId)).toMatchObject({
      disabled_reason: 'gone',
      health: { state: 'disabled', consecutive_failures: 1 },
    });
  });

  it('because its body is too large is told with the size of the body, and where limits come from', async () => {
    receiver.next({ status: 413 });
    const { data } = interviewCompleted();
    await producer.publish(interviewCompleted({ data: { ...data, transcript: 'ö'.repeat(60_000) } }));
    const [{ body }] = (await arrived(1)) as [Arrival];
    const bytes = Buffer.byteLength(body);
    expect(bytes).toBeGreaterThan(120_000);
    const delivery = await stands('success');
    expect(delivery.attempts.map(({ request_bytes }) => request_bytes)).toEqual([bytes, bytes]);
    expect(delivery.attempts[0]?.error_detail).toContain(
      `The body has ${bytes.toLocaleString('en-US')} bytes`,
    );
    expect(delivery.attempts[0]?.error_detail).toContain('100 kB unless changed');
  });

  it('is told from its cause: silence, and nobody there', async () => {
    // Without retries each is over with its first attempt.
    const settings = { retry_schedule: 'none' } as const;
    receiver.next('hang');
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${endpointId}/`, settings);
    await producer.publish(interviewCompleted());
    expect(await stands('failed')).toMatchObject({ error: 'timeout', attempts: [{ error: 'timeout' }] });
    const nobody = await Receiver.start();
    const { id } = await customer.register(nobody.url, settings);
    await nobody.stop();
    await producer.publish(interviewCompleted());
    const refused = await waitFor(() => customer.deliveryTo(id, 'failed'), 'the refused delivery');
    expect(refused.error).toBe('connection_refused');
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
  });
});

describe('an endpoint that changes while deliveries are open', () => {
  it('gets nothing after it was deleted, and what was open has failed', async () => {
    // Its retry would come in an hour.
    receiver.always({ status: 503, headers: { 'retry-after': '3600' } });
    await producer.publish(interviewCompleted());
    const waits = await stands('retrying');
    const seen = receiver.arrivals.length;
    expect((await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`)).status).toBe(204);
    const failed = await stands('failed');
    expect(failed).toMatchObject({ id: waits.id, error: 'endpoint_deleted', next_retry_at: null });
    expect((await customer.call('GET', `/api/v1/webhook-endpoints/${endpointId}/`)).status).toBe(404);
    const witness = await Receiver.start();
    const { id } = await customer.register(witness.url);
    await producer.publish(interviewCompleted());
    await waitFor(() => witness.arrivals.length > 0, 'a delivery to another endpoint');
    expect(receiver.arrivals).toHaveLength(seen);
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
    await witness.stop();
  });

  it('gets no new events while it is inactive, and a due retry ends with that', async () => {
    await inTime(4, async (seconds) => {
      await failedOnce(seconds, { status: 500 });
      const change: Answer<unknown> = await customer.call(
        'PATCH',
        `/api/v1/webhook-endpoints/${endpointId}/`,
        { is_active: false },
      );
      expect(change.status).toBe(200);
      const witness = await Receiver.start();
      const { id } = await customer.register(witness.url);
      await producer.publish(interviewCompleted());
      await waitFor(() => witness.arrivals.length > 0, 'a delivery to another endpoint');
      await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
      await witness.stop();
      const failed = await stands('failed');
      // Its retry has come before the change.
      if (failed.attempt_count > 1) throw new TooLate();
      expect(failed.error).toBe('endpoint_inactive');
      expect(await customer.deliveries({ endpoint_id: endpointId })).toHaveLength(1);
      expect(receiver.arrivals).toHaveLength(1);
    });
  });

  it('gets no events it does not subscribe to', async () => {
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${endpointId}/`, {
      events: ['mock_interview_completed'],
    });
    await producer.publish(interviewCompleted());
    const witness = await Receiver.start();
    const { id } = await customer.register(witness.url);
    await producer.publish(interviewCompleted());
    await waitFor(() => witness.arrivals.length > 0, 'a delivery to another endpoint');
    expect(receiver.arrivals).toHaveLength(0);
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
    await witness.stop();
  });
});

describe('a test send', () => {
  it('goes through the real dispatcher and stands in the delivery log', async () => {
    const { status, body } = await customer.call('POST', `/api/v1/webhook-endpoints/${endpointId}/test/`);
    expect([status, body]).toEqual([200, { status: 'success', message: 'Test webhook sent successfully' }]);
    const [arrival] = await arrived(1);
    expect(verifies(arrival!, secret)).toBe(true);
    expect(arrival!.headers['x-webhook-event']).toBe('test');
    expect(JSON.parse(arrival!.body)).toEqual({
      event: 'test',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      data: { message: 'This is a test webhook from Skillora' },
    });
    expect(await stands('success')).toMatchObject({ event_type: 'test', attempt_count: 1 });
  });

  it('works on an inactive endpoint, is attempted once, and says what came back', async () => {
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${endpointId}/`, { is_active: false });
    receiver.always({ status: 418 });
    const { status, body } = await customer.call<Record<string, unknown>>(
      'POST',
      `/api/v1/webhook-endpoints/${endpointId}/test/`,
    );
    expect(status).toBe(502);
    expect(body).toEqual({
      status: 'error',
      message: expect.any(String),
      delivery_id: expect.any(String),
      response_status: 418,
    });
    expect(await stands('failed')).toMatchObject({ id: body['delivery_id'], attempt_count: 1 });
  });
});
