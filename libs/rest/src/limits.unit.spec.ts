import { BUSY, EAGER, ThingsService, TOKEN } from './testing/things-service.js';
import { hashOf } from './testing/token-hash.js';

let service: ThingsService;

beforeAll(async () => {
  service = await ThingsService.start();
});

afterAll(() => service.stop());

/**
 * Asks until the answer is 429, which is the 21st time, and one later for each second that a slow machine takes.
 * @returns the statuses before, and that answer.
 */
async function untilRefused<A extends { readonly status: number }>(ask: (index: number) => Promise<A>) {
  const before: number[] = [];
  const began = performance.now();
  for (;;) {
    const refusal = await ask(before.length);
    if (refusal.status === 429) {
      expect(before.length).toBeGreaterThanOrEqual(20);
      return { before, refusal };
    }
    before.push(refusal.status);
    expect(before.length).toBeLessThanOrEqual(20 + Math.ceil((performance.now() - began) / 1_000));
  }
}

describe('limits', () => {
  const ask = (token: string) => service.call('GET', '/things/', { authorization: `Bearer ${token}` });

  it('let a token ask so often and then tell it when to come back, whatever others do', async () => {
    const { before, refusal } = await untilRefused(() => ask(BUSY));
    expect(before).toEqual(Array(before.length).fill(200));
    expect(refusal).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { detail: 'Too many requests with this token. Expected available in 1 second.' },
    });
    expect((await ask(TOKEN)).status).toBe(200);
    const metrics = await (await fetch(`${service.origin}/metrics`)).text();
    expect(metrics).toMatch(/^webhook_http_requests_throttled_total\{limit="token"\} [1-9]/m);
  });

  it('look a token up no oftener than it may ask, however many requests come at once', async () => {
    const began = performance.now();
    expect((await ask(EAGER)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(EAGER)));
    const allowed = 20 + Math.ceil((performance.now() - began) / 1_000);
    expect(service.tokens.lookups.get(hashOf(EAGER))).toBeLessThanOrEqual(allowed);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(200 - allowed);
    expect((await ask(TOKEN)).status).toBe(200);
  });

  it('look no more unknown tokens up than an address may bring, even when all come at once', async () => {
    const COUNT = 200;
    const hashes = Array.from({ length: COUNT }, (_, index) => hashOf(`at-once-${index}`));
    const lookedUp = (): number => hashes.filter((hash) => service.tokens.lookups.has(hash)).length;
    const gate = Promise.withResolvers<undefined>();
    service.tokens.answering = gate.promise;
    const began = performance.now();
    let answered = 0;
    const all = Array.from({ length: COUNT }, (_, index) => {
      const headers = {
        authorization: `Bearer at-once-${index}`,
        'x-forwarded-for': '198.51.100.77',
      };
      return service.call('GET', '/things/', headers).then(() => (answered += 1));
    });
    // No look-up has an answer until every request was refused or is being looked up.
    while (answered + lookedUp() < COUNT) await new Promise((resolve) => setTimeout(resolve, 5));
    gate.resolve(undefined);
    await Promise.all(all);
    expect(lookedUp()).toBeLessThanOrEqual(20 + Math.ceil((performance.now() - began) / 1_000));
  });

  it('take all of an IPv6 /64 for one client, and another /64 for another', async () => {
    const guess = (index: number, address: string) => {
      const headers = { authorization: `Bearer v6-guess-${index}`, 'x-forwarded-for': address };
      return service.call('GET', '/things/', headers);
    };
    const { before } = await untilRefused((index) => guess(index, `2001:db8:1:2::${index}`));
    expect(before).toEqual(Array(before.length).fill(401));
    expect((await guess(0, '2001:db8:1:3::1')).status).toBe(401);
  });

  it('let an address bring so many unknown tokens, and good ones go on', async () => {
    const { before } = await untilRefused((index) => ask(`guess-${index}`));
    expect(before).toEqual(Array(before.length).fill(401));
    expect((await ask(TOKEN)).status).toBe(200);
  });

  it('behind a trusted proxy stop the address it names, and neither another one nor who makes addresses up', async () => {
    const guess = (token: string, forwardedFor: string) => {
      const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': forwardedFor };
      return service.call('GET', '/things/', headers);
    };
    const { before } = await untilRefused((index) =>
      guess(`forwarded-guess-${index}`, `198.51.100.${index % 256}, 203.0.113.1`),
    );
    expect(before).toEqual(Array(before.length).fill(401));
    expect((await guess('forwarded-guess-other', '203.0.113.2')).status).toBe(401);
  });
});
