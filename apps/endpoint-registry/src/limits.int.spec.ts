import 'reflect-metadata';

import { SCOPES } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { type Answer, RunningRegistry } from './testing/running-registry.js';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start({
    RATE_LIMIT: '1',
    RATE_LIMIT_BURST: '3',
    UNKNOWN_TOKEN_LIMIT: '1',
  });
});

afterAll(() => registry.stop());

describe('the REST API', () => {
  it('lets a token ask so often, tells it when to come back, and lets another of its organisation ask', async () => {
    const organization = await registry.organization();
    const { token } = await registry.token(organization, SCOPES);
    const ask = (which: string) => registry.call('GET', '/api/v1/webhook-endpoints/', which);
    const answers: Answer[] = [];
    // A machine that needs a second for each request may ask for ever, one at a time.
    const refused = await waitFor(async () => {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(token)))));
      return answers.find(({ status }) => status !== 200);
    }, 'a refusal');
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
    expect([refused.status, refused.headers.get('retry-after'), refused.body]).toEqual([
      429,
      '1',
      { detail: 'Too many requests with this token. Expected available in 1 second.' },
    ]);
    expect((await ask((await registry.token(organization, SCOPES)).token)).status).toBe(200);
    expect((await registry.call('GET', '/health/live', null)).status).toBe(200);
  });
});
