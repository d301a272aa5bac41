import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { Contract } from './testing/contract.js';
import { Customer, type Delivery, type Endpoint } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const { api, ingest, token } = customer.address;
let contract: Contract;
let intake: Contract;

beforeAll(async () => {
  [contract, intake] = await Promise.all([Contract.of(api), Contract.of(ingest)]);
});

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1, and each operation has an id of its own and says which token it needs', () => {
    for (const { document, operations } of [contract, intake]) {
      expect(document.openapi).toBe('3.1.0');
      const ids = operations.map(([, { operationId }]) => operationId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [name, { security, responses }] of operations) {
        if (/docs|openapi|asyncapi/.test(name)) expect(security).toEqual([]);
        else
          expect([Object.keys(security[0]!), Object.keys(responses)]).toEqual([
            ['token'],
            expect.arrayContaining(['401', '403', '429', '503']),
          ]);
      }
    }
  });

  it('has examples that are what their schemas say', () => {
    let examples = 0;
    for (const each of [contract, intake]) {
      for (const [name, { requestBody, responses }] of each.operations) {
        const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
        for (const { schema, examples: some = {} } of contents.flatMap((content) =>
          Object.values(content ?? {}),
        )) {
          for (const { value } of Object.values(some)) {
            examples += 1;
            expect([name, value, each.problems(schema, value)]).toEqual([name, value, []]);
          }
        }
      }
    }
    expect(examples).toBeGreaterThan(50);
  });

  it('can be read as a page without scripts, without a token, with and without a slash', async () => {
    for (const service of [api, ingest]) {
      for (const path of ['/api/v1/docs/', '/api/v1/docs']) {
        const response = await fetch(service + path);
        expect([response.status, response.headers.get('content-type')]).toEqual([
          200,
          'text/html; charset=utf-8',
        ]);
        expect(response.headers.get('content-security-policy')).toMatch(
          /^default-src 'none'; style-src 'sha256-[^']+';/,
        );
        const page = await response.text();
        expect(page).not.toContain('<script');
        const paths = (await Contract.of(service)).operations.map(([name]) => name.split(' ')[1]!);
        for (const each of paths) expect(page).toContain(each);
      }
    }
  });
});

describe('every operation', () => {
  it('answers as the document says, when all goes well and when it does not', async () => {
    const receiver = await Receiver.start();
    const seen = new Set<string>();
    const expectConform = async (
      operation: string,
      values: Record<string, string> = {},
      body?: unknown,
      as = customer,
    ) => {
      const [method = '', path = ''] = operation.split(' ');
      const { id = '', recovery_id = randomUUID(), ...query } = values;
      const answer = await as.call<Record<string, unknown>>(
        method,
        `${path.replace('{id}', id).replace('{recovery_id}', recovery_id)}?${new URLSearchParams(query).toString()}`,
        body,
      );
      expect(contract.deviations(operation, answer)).toEqual([]);
      seen.add(operation);
      return answer;
    };
    const endpoints = '/api/v1/webhook-endpoints/';
    const made = await expectConform(
      `POST ${endpoints}`,
      {},
      { url: receiver.url, events: ['interview_completed'] },
    );
    expect(made.status).toBe(201);
    const { id } = made.body as unknown as Endpoint;
    await new ProducerService(customer.address).publish(interviewCompleted());
    const delivery = await waitFor(() => customer.deliveryTo(id, 'success'), 'the delivery');
    receiver.next({ status: 500 });
    expect((await expectConform(`POST ${endpoints}{id}/test/`, { id })).status).toBe(502);
    expect((await expectConform(`POST ${endpoints}{id}/test/`, { id })).status).toBe(200);
    const failed = await waitFor(() => customer.deliveryTo(id, 'failed'), 'the failed test');
    const recoveries = `${endpoints}{id}/recoveries/`;
    // It has the event to send, and sends nothing while the endpoint is inactive: so it can be cancelled.
    await customer.call('PATCH', `${endpoints}${id}/`, { is_active: false });
    const since = new Date(Date.parse(delivery.created_at) - 60_000).toISOString();
    const asked = { since, what: 'all', include_before_creation: true };
    const recovery = await expectConform(`POST ${recoveries}`, { id }, asked);
    expect(recovery.status).toBe(202);
    const { id: recovery_id } = recovery.body as { id: string };
    for (const [operation, values, body] of [
      [`GET ${recoveries}`, { id }],
      [`GET ${recoveries}{recovery_id}/`, { id, recovery_id }],
      [`DELETE ${recoveries}{recovery_id}/`, { id, recovery_id }],
      [`GET ${endpoints}`, {}],
      [`GET ${endpoints}{id}/`, { id }],
      [`PUT ${endpoints}{id}/`, { id }, await customer.endpoint(id)],
      [`PATCH ${endpoints}{id}/`, { id }, { description: 'patched' }],
      [`POST ${endpoints}{id}/filter/try/`, { id }, { filter: { 'data.score': [{ '>=': 0 }] } }],
      [`POST ${endpoints}{id}/hold/`, { id }],
      [`POST ${endpoints}{id}/resume/`, { id }],
      [`POST ${endpoints}{id}/regenerate_secret/`, { id }],
      ['GET /api/v1/webhook-events/', {}],
      ['GET /api/v1/webhook-events/{id}/', { id: delivery.event_id }],
      ['GET /api/v1/webhook-events/{id}/deliveries/', { id: delivery.event_id }],
      ['GET /api/v1/webhook-deliveries/', { endpoint_id: id }],
      ['GET /api/v1/webhook-deliveries/{id}/', { id: delivery.id }],
      ['GET /api/v1/webhook-deliveries/{id}/request/', { id: delivery.id }],
      ['GET /api/v1/webhook-deliveries/{id}/request/', { id: delivery.id, attempt: '1' }],
      ['GET /api/v1/event-types/', {}],
      ['GET /api/v1/webhook-stats/', {}],
      ['GET /api/v1/audit/reconciliation/', {}],
      ['GET /api/v1/audit/changes/', {}],
      ['GET /api/v1/audit/changes/', { object_id: id, action: 'endpoint.updated' }],
      ['POST /api/v1/webhook-deliveries/{id}/retry/', { id: failed.id }],
    ] as [string, Record<string, string>, unknown?][]) {
      const { status } = await expectConform(operation, values, body);
      expect([operation, Math.floor(status / 100)]).toEqual([operation, 2]);
    }
    const conflict = await expectConform('POST /api/v1/webhook-deliveries/{id}/retry/', { id: delivery.id });
    expect(conflict.status).toBe(409);
    // The endpoint is inactive still, and active then.
    const [again, eventAgain] = [
      'POST /api/v1/webhook-deliveries/{id}/resend/',
      'POST /api/v1/webhook-events/{id}/resend/',
    ];
    const toIt = { endpoint_ids: [id] };
    expect((await expectConform(again, { id: delivery.id })).status).toBe(409);
    expect((await expectConform(eventAgain, { id: delivery.event_id }, toIt)).status).toBe(409);
    await customer.call('PATCH', `${endpoints}${id}/`, { is_active: true });
    expect((await expectConform(again, { id: delivery.id })).status).toBe(202);
    await waitFor(async () => {
      const path = `/api/v1/webhook-deliveries/${delivery.id}/`;
      return (await customer.call<Delivery>('GET', path)).body.attempt_count === 2;
    }, 'the attempt that was asked for');
    expect((await expectConform(eventAgain, { id: delivery.event_id }, toIt)).status).toBe(202);
    for (const bad of [{ endpoint_ids: [] }, { endpoint_ids: 7 }]) {
      expect((await expectConform(eventAgain, { id: delivery.event_id }, bad)).status).toBe(400);
    }
    const unknown = { endpoint_ids: [randomUUID()] };
    expect((await expectConform(eventAgain, { id: delivery.event_id }, unknown)).status).toBe(404);
    expect((await expectConform(`DELETE ${recoveries}{recovery_id}/`, { id, recovery_id })).status).toBe(409);
    expect((await expectConform(`DELETE ${endpoints}{id}/`, { id })).status).toBe(204);
    await receiver.stop();

    const stranger = new Customer(customer.address, randomUUID());
    for (const [operation, { security, parameters }] of contract.operations) {
      // A stream has no end to wait for; its own tests read it.
      if (security.length === 0 || operation === 'GET /api/v1/webhook-deliveries/stream/') continue;
      expect(seen).toContain(operation);
      const body = /^(POST|PUT|PATCH)/.test(operation) ? { url: 7, events: 'x', is_active: 1 } : undefined;
      expect((await expectConform(operation, { id: randomUUID() }, body, stranger)).status).toBe(401);
      await expectConform(operation, { id: randomUUID() }, body);
      await expectConform(operation, { id: 'no-uuid' }, body);
      for (const { name, in: where } of parameters) {
        if (where === 'query')
          expect((await expectConform(operation, { id: delivery.event_id, [name]: '\u0000' })).status).toBe(
            400,
          );
      }
    }
  });

  it('of the intake does too', async () => {
    const operation = 'POST /api/v1/interview-completions/';
    const producer = new ProducerService(customer.address);
    const conform = async (response: Response) => {
      const answer = {
        status: response.status,
        headers: response.headers,
        body: await response.json(),
      };
      expect(intake.deviations(operation, answer)).toEqual([]);
      return answer.status;
    };
    const event = interviewCompleted();
    expect(await conform(await producer.post(event))).toBe(202);
    expect(
      await conform(await producer.post([event, interviewCompleted()], 'application/cloudevents-batch+json')),
    ).toBe(202);
    expect(await conform(await producer.post({}))).toBe(400);
    expect(await conform(await producer.post('{'))).toBe(400);
    expect(await conform(await producer.post(event, 'text/xml'))).toBe(415);
    expect(await conform(await producer.post(event, undefined, `not-${token}`))).toBe(401);
    expect(await conform(await producer.post(`"${'x'.repeat(5_000_000)}"`))).toBe(413);
    const { requestBody } = intake.operations.find(([name]) => name === operation)![1];
    for (const [mediaType, { examples }] of Object.entries(requestBody!.content)) {
      for (const { value } of Object.values(examples))
        expect(await conform(await producer.post(value, mediaType))).toBe(202);
    }
  });
});
