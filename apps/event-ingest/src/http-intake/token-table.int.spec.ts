import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { RunningIngest } from '../testing/running-ingest.js';
import { cloudEvent } from '../testing/samples.js';

const BATCH = 'application/cloudevents-batch+json';

let ingest: RunningIngest;
const organization = randomUUID();

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '', {
    // So long the last test waits for an answer; all others have one before it, on a busy machine too.
    INTAKE_TIMEOUT: '10s',
    INTAKE_RATE_LIMIT: '1',
    INTAKE_RATE_LIMIT_BURST: '5',
  });
});

afterAll(() => ingest.stop());

const event = (): unknown => cloudEvent({ id: randomUUID(), organizationid: organization });
const post = (token: string): Promise<Response> => ingest.post(JSON.stringify(event()), token);

/**
 * Sends events until one is answered with this status.
 * @returns the time from the call to the last request that was accepted, ms. How long requests take is of no matter.
 */
async function lastTaken(tokenOfNext: () => string, refusal: number): Promise<number> {
  const began = Date.now();
  let taken = 0;
  await waitFor(async () => {
    const sent = Date.now() - began;
    const { status } = await post(tokenOfNext());
    if (status === 202) taken = sent;
    return status === refusal;
  }, `an answer of ${refusal}`);
  return taken;
}

describe('a token', () => {
  it('counts for the very first request after it was written, and not for one after its revocation was read', async () => {
    const token = await ingest.token(organization);
    expect((await post(token)).status).toBe(202);
    await ingest.revoke(token);
    expect(await lastTaken(() => token, 401)).toBeLessThan(5_000);
  });

  it('may bring so many events, each of a batch counted, and is then told when to come back', async () => {
    const token = await ingest.token(organization);
    const batch = JSON.stringify(Array.from({ length: 30 }, event));
    expect((await ingest.post(batch, token, BATCH)).status).toBe(202);
    const refused = await post(token);
    expect(refused.status).toBe(429);
    // 26 seconds less what went by: five of the thirty were free, and one more has to be.
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThanOrEqual(26);
    expect(await refused.json()).toEqual({
      detail: `Too many requests with this token. Expected available in ${seconds} seconds.`,
    });
    expect((await post(await ingest.token(organization))).status).toBe(202);
  });

  // The last one: it leaves the service without tokens.
  it('is not taken from a memory that may have missed its revocation', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => ingest.token(organization)));
    for (const token of tokens) expect((await post(token)).status).toBe(202);
    await ingest.loseTokens();
    for (const token of tokens) await ingest.revoke(token);
    let next = 0;
    expect(await lastTaken(() => tokens[next++ % tokens.length]!, 503)).toBeLessThan(5_000);
  });
});
