import { createHash, createHmac } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { Customer, type Delivery, type DeliveryRequest } from './testing/customer.js';
import { inTime, TooLate } from './testing/in-time.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { type Arrival, Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
const receivers: Receiver[] = [];
const endpoints: string[] = [];

async function receiver(): Promise<Receiver> {
  const started = await Receiver.start();
  receivers.push(started);
  return started;
}

async function register(url: string): Promise<{ id: string; secret: string }> {
  const { id, secret } = await customer.register(url, { events: ['interview_completed'] });
  endpoints.push(id);
  return { id, secret };
}

afterEach(async () => {
  for (const id of endpoints.splice(0)) await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
  await Promise.all(receivers.splice(0).map((each) => each.stop()));
});

const reaches = (endpointId: string, status: Delivery['status']): Promise<Delivery> =>
  waitFor(() => customer.deliveryTo(endpointId, status), `a delivery with the status ${status}`);

const request = (id: string, attempt: number | string = '') =>
  customer.call<DeliveryRequest>(
    'GET',
    `/api/v1/webhook-deliveries/${id}/request/${attempt === '' ? '' : `?attempt=${attempt}`}`,
  );

const retry = (id: string) => customer.call('POST', `/api/v1/webhook-deliveries/${id}/retry/`);
const fingerprint = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 8);
const numbers = (arrivals: readonly Arrival[]): number[] =>
  arrivals.map(({ headers }) => Number(headers['x-webhook-attempt']));

/** The headers that the API shows are those that arrived. */
function expectArrived({ headers, body }: DeliveryRequest, arrival: Arrival): void {
  expect(body).toBe(arrival.body);
  for (const [name, value] of Object.entries(headers)) {
    expect([name, arrival.headers[name.toLowerCase()]]).toEqual([name, value]);
  }
}

describe('an endpoint that failed and has moved', () => {
  it('has in its log what each attempt did, with the URL, version and headers of then', async () => {
    const [before, after] = [await receiver(), await receiver()];
    before.always({
      status: 500,
      body: 'no',
      headers: { 'x-request-id': 'r-1', 'set-cookie': 'session=abc' },
    });
    const { id, secret } = await register(before.url);
    await producer.publish(interviewCompleted());
    const failed = await reaches(id, 'failed');
    const count = failed.attempts.length;

    const change = await customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, { url: after.url });
    expect(change.status).toBe(200);
    expect((await retry(failed.id)).status).toBe(202);
    const { attempts } = await reaches(id, 'success');

    expect(attempts.map(({ url }) => url)).toEqual([...Array<string>(count).fill(before.url), after.url]);
    const versions = attempts.map(({ endpoint_version }) => endpoint_version ?? 0);
    expect(new Set(versions.slice(0, count)).size).toBe(1);
    expect(versions.at(-1)).toBe(versions[0]! + 1);
    expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
    expect([numbers(before.arrivals), numbers(after.arrivals)]).toEqual([
      attempts.slice(0, -1).map(({ number }) => number),
      [attempts.at(-1)!.number],
    ]);
    for (const attempt of attempts) {
      const { dns, connect, tls, first_byte } = attempt.timings_ms!;
      expect(attempt).toMatchObject({ remote_address: '127.0.0.1', signed_with: [fingerprint(secret)] });
      expect([dns, tls]).toEqual([null, null]);
      expect(first_byte).toBeGreaterThanOrEqual(0);
      expect((connect ?? 0) + (first_byte ?? 0)).toBeLessThanOrEqual(attempt.duration_ms);
    }
    expect(attempts[0]?.timings_ms?.connect).not.toBeNull();
    expect(attempts[0]?.response_headers).toMatchObject({ 'x-request-id': 'r-1', 'set-cookie': '…' });
    expect(JSON.stringify(attempts)).not.toContain('session=abc');

    const first = await request(failed.id, 1);
    expect(first.body).toMatchObject({ url: before.url, attempt: 1 });
    expectArrived(first.body, before.arrivals[0]!);
    const last = await request(failed.id, count + 1);
    expect(last.body).toMatchObject({ url: after.url, attempt: count + 1 });
    expectArrived(last.body, after.arrivals[0]!);
    expect((await request(failed.id)).body).toEqual(last.body);
    expect(before.arrivals[0]!.headers['x-webhook-event-id']).toBe(failed.event_id);
  });

  it('shows no signature by another secret after its own was replaced', async () => {
    const server = await receiver();
    const { id } = await register(server.url);
    await producer.publish(interviewCompleted());
    const { id: delivery } = await reaches(id, 'success');
    const path = `/api/v1/webhook-endpoints/${id}/regenerate_secret/`;
    const { secret } = (await customer.call<{ secret: string }>('POST', path)).body;

    const { headers, body } = (await request(delivery, 1)).body;
    expect(headers).toMatchObject({ 'X-Webhook-Signature-256': null, 'webhook-signature': null });
    const current = (await request(delivery)).body;
    const digest = createHmac('sha256', secret).update(body).digest('hex');
    expect(current.headers['X-Webhook-Signature-256']).toBe(`sha256=${digest}`);
  });

  it('has no request of an attempt that was not made, and says so', async () => {
    const server = await receiver();
    const { id } = await register(server.url);
    await producer.publish(interviewCompleted());
    const { id: delivery } = await reaches(id, 'success');
    expect(await request(delivery, 2)).toMatchObject({
      status: 404,
      body: { detail: 'This delivery has no attempt 2: it has had 1.' },
    });
    for (const bad of ['0', '-1', '1.5', 'first', '99999999999', '%00']) {
      expect(await request(delivery, bad)).toMatchObject({
        status: 400,
        body: { attempt: ['Must be a whole number from 1 to 2147483647.'] },
      });
    }
  });
});

describe('the number that a request carries', () => {
  it('is the one of the log, also where a retry is asked for while an attempt is under way', async () => {
    const { server, id } = await inTime(0, async () => {
      const hanging = await receiver();
      hanging.always('hang');
      hanging.next({ status: 500 });
      const made = await register(hanging.url);
      await producer.publish(interviewCompleted());
      await waitFor(() => hanging.arrivals.length > 1, 'the attempt that hangs');
      const delivery = await customer.attempted(made.id);
      hanging.always({ status: 200 });
      const { status } = await retry(delivery.id);
      // The next attempt of the schedule may have succeeded before.
      if (status === 409 && (await customer.deliveryTo(made.id, 'success'))) throw new TooLate();
      expect(status).toBe(202);
      return { server: hanging, id: made.id };
    });
    const { attempts } = await waitFor(async () => {
      const known = await customer.deliveryTo(id, 'success');
      return known?.attempt_count === server.arrivals.length && known;
    }, 'the end of both');
    expect(attempts.map(({ number }) => number)).toEqual(numbers(server.arrivals));
    expect(numbers(server.arrivals)).toEqual(server.arrivals.map((_, index) => index + 1));
    expect(attempts.at(-1)?.trigger).toBe('manual');
  });

  it('and what else is known is kept where nobody is there', async () => {
    const nobody = await Receiver.start();
    const { url } = nobody;
    await nobody.stop();
    const { id, secret } = await register(url);
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, { retry_schedule: 'none' });
    await producer.publish(interviewCompleted());
    const { attempts } = await reaches(id, 'failed');
    expect(attempts[0]).toMatchObject({
      number: 1,
      url,
      remote_address: '127.0.0.1',
      signed_with: [fingerprint(secret)],
      timings_ms: { dns: null, connect: null, tls: null, first_byte: null },
      response_headers: null,
    });
  });
});
