import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';

const { address } = Customer.ofStack();
const operator = new Operator(address);
const producer = new ProducerService(address);

const read = async (token: string) =>
  (await new Customer(address, token).call('GET', '/api/v1/webhook-endpoints/')).status;
const write = async (token: string) =>
  (await producer.post(interviewCompleted(), 'application/cloudevents+json', token)).status;

describe('a token', () => {
  it('counts on both services as soon as it is made, until some seconds after it is revoked', async () => {
    const { id, token } = await operator.token(await operator.organization('Revoking'));
    expect([await read(token), await write(token)]).toEqual([200, 202]);

    await operator.admin('tokens', 'revoke', id);
    expect(await read(token)).toBe(401);
    await waitFor(async () => (await write(token)) === 401, 'the refusal by event-ingest');
    expect(await read(token)).toBe(401);
  });

  it('that was found where it should not be is revoked by itself', async () => {
    const { id, token } = await operator.token(address.organizationId);
    expect(await operator.admin('tokens', 'revoke', token)).toBe(id);
    expect(await read(token)).toBe(401);
  });

  it('counts no longer once it has expired, on both services', async () => {
    const { token } = await operator.token(address.organizationId, { more: ['--expires-in', '1s'] });
    await waitFor(async () => (await read(token)) === 401, 'the expiry at endpoint-registry');
    expect(await write(token)).toBe(401);
  });

  it('may do what its scopes name and nothing else', async () => {
    const { token } = await operator.token(address.organizationId, { scopes: 'events:write' });
    expect([await read(token), await write(token)]).toEqual([403, 202]);
  });
});

describe('an operator', () => {
  it('sees organisations and tokens, and never a token or its hash', async () => {
    const organization = await operator.organization('Seen');
    const { id, token } = await operator.token(organization);
    const organizations = JSON.parse(await operator.admin('organizations', 'list', '--json')) as unknown[];
    expect(organizations).toContainEqual({
      id: organization,
      name: 'Seen',
      max_endpoints: null,
      created_at: expect.stringMatching(/Z$/) as string,
    });
    const tokens = await operator.admin('tokens', 'list', '--organization', organization, '--json');
    expect(JSON.parse(tokens)).toEqual([
      expect.objectContaining({ id, organization_id: organization, state: 'active', revoked_at: null }),
    ]);
    const listed = await operator.admin('tokens', 'list');
    expect(listed).toMatch(/^ID +STATE +NAME +ORGANISATION/);
    expect(listed).toContain(id);
    expect(tokens + listed).not.toContain(token);
    expect(tokens + listed).not.toMatch(/[0-9a-f]{64}/);
  });
});
