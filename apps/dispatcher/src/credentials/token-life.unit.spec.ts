import fc from 'fast-check';

import {
  decideToken,
  FAILURE_SHARED_MS,
  type HeldToken,
  isReplacedAfterRefusal,
  tokenLifeMs,
} from './token-life.js';

const TOKEN: HeldToken = {
  accessToken: 'a',
  askedAt: 0,
  lifeMs: 3_600_000,
  replacesRefused: false,
  wasAccepted: false,
};
const decide = (
  now: number,
  token: HeldToken | null = TOKEN,
  failedAt: number | null = null,
  asksAnyway = false,
) =>
  decideToken({ token, failure: failedAt === null ? null : { problem: 'p', at: failedAt } }, now, asksAnyway);

describe('the life of a token', () => {
  it.each<[unknown, number]>([
    [3_600, 3_600_000],
    ['3600', 3_600_000],
    [0.5, 500],
    [undefined, 300_000],
    [null, 300_000],
    [0, 300_000],
    [-1, 300_000],
    [NaN, 300_000],
    [Infinity, 300_000],
    ['soon', 300_000],
    [{}, 300_000],
    [1e300, 86_400_000],
    [10 ** 10, 86_400_000],
  ])('that its server gives as %j is %d ms', (expiresIn, ms) => expect(tokenLifeMs(expiresIn)).toBe(ms));

  it('is a positive number of ms, a day at most, whatever a server says', () => {
    fc.assert(
      fc.property(fc.anything(), (expiresIn) => {
        const ms = tokenLifeMs(expiresIn);
        expect(ms > 0 && ms <= 86_400_000).toBe(true);
      }),
    );
  });
});

describe('an attempt', () => {
  it('asks for a token when there is none', () => expect(decide(0, null)).toBe('ask'));

  it('uses a token, renews it before it ends, and asks for another at its end', () => {
    expect([decide(0), decide(3_299_999), decide(3_300_000), decide(3_589_999), decide(3_590_000)]).toEqual([
      ...['use', 'use', 'renew', 'renew'],
      'ask',
    ]);
    const short = { ...TOKEN, lifeMs: 1_000 };
    expect([decide(799, short), decide(800, short), decide(899, short), decide(900, short)]).toEqual([
      ...['use', 'renew', 'renew'],
      'ask',
    ]);
  });

  it('shares a failure that was just found, unless somebody asked for it', () => {
    expect(decide(FAILURE_SHARED_MS - 1, null, 0)).toBe('fail');
    expect(decide(FAILURE_SHARED_MS, null, 0)).toBe('ask');
    expect(decide(1, null, 0, true)).toBe('ask');
  });

  it('uses a token to its end while renewing it fails', () => {
    expect(decide(3_300_001, TOKEN, 3_300_000)).toBe('use');
    expect(decide(3_300_000 + FAILURE_SHARED_MS, TOKEN, 3_300_000)).toBe('renew');
    expect(decide(3_595_000, TOKEN, 3_594_999)).toBe('fail');
  });

  it('never uses a token after its end, and never waits while it has a good one', () => {
    const state = fc.record({
      askedAt: fc.nat(1_000),
      lifeMs: fc.nat({ max: 100_000 }).map((ms) => ms + 1),
      now: fc.nat(200_000),
    });
    fc.assert(
      fc.property(
        state,
        fc.option(fc.nat(200_000)),
        fc.boolean(),
        ({ askedAt, lifeMs, now }, failedAt, anyway) => {
          const decision = decide(askedAt + now, { ...TOKEN, askedAt, lifeMs }, failedAt, anyway);
          if (now >= lifeMs) expect(['ask', 'fail']).toContain(decision);
          if (now < lifeMs * 0.9) expect(['use', 'renew']).toContain(decision);
        },
      ),
    );
  });
});

describe('a token that the receiver refuses with 401', () => {
  it('is replaced, and so is the next if the receiver took it before', () => {
    expect(isReplacedAfterRefusal(TOKEN, 1)).toBe(true);
    expect(isReplacedAfterRefusal({ ...TOKEN, replacesRefused: true, wasAccepted: true }, 1)).toBe(true);
  });

  it('is not replaced again within a minute, if it replaced one and was never taken', () => {
    const replacement = { ...TOKEN, replacesRefused: true };
    expect([
      isReplacedAfterRefusal(replacement, 59_999),
      isReplacedAfterRefusal(replacement, 60_000),
    ]).toEqual([false, true]);
  });
});
