import fc from 'fast-check';

import {
  created,
  type DeliveryFact,
  type DeliveryState,
  evolve,
  filteredOut,
  isOpen,
  type ResultReported,
  type RetryRequested,
} from './evolve.js';

const CREATED_AT = 1_000;

/** The state that facts leave behind when they come in this order. */
function given(...facts: DeliveryFact[]): DeliveryState {
  return facts.reduce(evolve, { state: created(CREATED_AT), endpointDeletedAt: null }).state;
}

function failed(round: number, step: number, more: Partial<ResultReported> = {}): ResultReported {
  const at = 10_000 * (round + 1) + 100 * step;
  return {
    kind: 'result-reported',
    round,
    step,
    status: 'retrying',
    error: 'http_status',
    nextRetryAt: at + 60_000,
    at,
    attempt: { endedAt: at - 1, responseStatus: 500 },
    ...more,
  };
}

function finallyFailed(round: number, step: number, more: Partial<ResultReported> = {}): ResultReported {
  return failed(round, step, { status: 'failed', nextRetryAt: null, ...more });
}

function succeeded(round: number, step: number, more: Partial<ResultReported> = {}): ResultReported {
  const { at } = failed(round, step);
  return failed(round, step, {
    status: 'success',
    error: null,
    nextRetryAt: null,
    attempt: { endedAt: at - 1, responseStatus: 204 },
    ...more,
  });
}

function asked(round: number, at = 10_000 * (round + 1)): RetryRequested {
  return { kind: 'retry-requested', round, at };
}

const deleted = (at: number): DeliveryFact => ({ kind: 'endpoint-deleted', at });

describe('a delivery', () => {
  it('given nothing but its creation, is pending', () => {
    expect(given()).toMatchObject({ status: 'pending', nextRetryAt: null, updatedAt: CREATED_AT });
  });

  it('given a failed attempt with a retry scheduled, is retrying with the error and answer of that attempt', () => {
    const result = failed(0, 1, { error: 'timeout', attempt: { endedAt: 5, responseStatus: null } });

    expect(given(result)).toMatchObject({
      status: 'retrying',
      error: 'timeout',
      responseStatus: null,
      nextRetryAt: result.nextRetryAt,
      updatedAt: result.at,
      reached: { round: 0, step: 1 },
    });
  });

  it('given results in the wrong order, stands where the later attempt left it', () => {
    expect(given(finallyFailed(0, 4), failed(0, 2))).toEqual(given(failed(0, 2), finallyFailed(0, 4)));
    expect(given(finallyFailed(0, 4), failed(0, 2)).status).toBe('failed');
  });

  it('given its end without an attempt, keeps the answer of the attempt before', () => {
    const ended = finallyFailed(0, 2, { error: 'endpoint_inactive', attempt: null });

    expect(given(failed(0, 1), ended)).toMatchObject({
      status: 'failed',
      error: 'endpoint_inactive',
      responseStatus: 500,
    });
    expect(given(ended, failed(0, 1))).toEqual(given(failed(0, 1), ended));
  });

  it('given a result read twice, is as after reading it once', () => {
    expect(given(failed(0, 1), failed(0, 1))).toEqual(given(failed(0, 1)));
  });

  it('given two results of one attempt, stands by the first', () => {
    const repeated = failed(0, 1, { error: 'timeout', at: 99_999 });

    expect(given(failed(0, 1), repeated)).toEqual(given(failed(0, 1)));
  });
});

describe('a delivery that a filter left out', () => {
  const filtered = { state: filteredOut(CREATED_AT), endpointDeletedAt: null };

  it('is not open, and stays as it is when its endpoint is deleted', () => {
    expect(isOpen(filtered.state)).toBe(false);
    expect(evolve(filtered, deleted(CREATED_AT + 1)).state).toEqual(filtered.state);
  });

  it('is like any other from a replay on', () => {
    const { state } = [asked(1), succeeded(1, 1)].reduce(evolve, filtered);
    expect(evolve(filtered, asked(1)).state.status).toBe('retrying');
    expect(state).toEqual(given(asked(1), succeeded(1, 1)));
  });
});

describe('a retry asked for', () => {
  it('given a failed delivery, makes it retrying and leaves the error and answer of its last attempt', () => {
    expect(given(finallyFailed(0, 4, { error: 'tls' }), asked(1, 77_000))).toMatchObject({
      status: 'retrying',
      nextRetryAt: 77_000,
      updatedAt: 77_000,
      error: 'tls',
      responseStatus: 500,
    });
  });

  it('given that it is read before the failure it answers, still shows the error of that failure', () => {
    const failure = finallyFailed(0, 4, { error: 'tls' });

    expect(given(asked(1), failure)).toEqual(given(failure, asked(1)));
  });

  it('given the result of the attempt it led to, no longer counts', () => {
    expect(given(finallyFailed(1, 1), asked(1))).toEqual(given(asked(1), finallyFailed(1, 1)));
    expect(given(finallyFailed(1, 1), asked(1)).status).toBe('failed');
  });

  it('given a delivery that has arrived meanwhile, changes nothing', () => {
    expect(given(succeeded(0, 2), asked(1))).toEqual(given(succeeded(0, 2)));
  });
});

describe('a success', () => {
  it('given a failure of a later attempt, stays', () => {
    const state = given(succeeded(0, 2), finallyFailed(1, 1));

    expect(state).toMatchObject({
      status: 'success',
      error: null,
      nextRetryAt: null,
      responseStatus: 204,
      deliveredAt: succeeded(0, 2).attempt?.endedAt,
    });
    expect(given(finallyFailed(1, 1), succeeded(0, 2))).toEqual(state);
  });

  it('given another success, was delivered when the earlier one ended', () => {
    const early = succeeded(1, 1, { attempt: { endedAt: 500, responseStatus: 200 } });
    const late = succeeded(0, 2, { attempt: { endedAt: 900, responseStatus: 201 } });

    expect(given(early, late)).toEqual(given(late, early));
    expect(given(early, late)).toMatchObject({ deliveredAt: 500, responseStatus: 200 });
  });

  it('given a failure recorded for the same attempt, which was repeated after a crash, wins', () => {
    expect(given(failed(0, 1), succeeded(0, 1)).status).toBe('success');
  });
});

describe('the deletion of the endpoint', () => {
  it.each([
    ['pending', []],
    ['retrying', [failed(0, 1)]],
    ['asked for again', [finallyFailed(0, 4), asked(1)]],
  ])('given a delivery that is %s, ends it as failed', (_, facts: DeliveryFact[]) => {
    expect(given(...facts, deleted(999_999))).toMatchObject({
      status: 'failed',
      error: 'endpoint_deleted',
      nextRetryAt: null,
      updatedAt: 999_999,
    });
  });

  it.each([
    ['succeeded', succeeded(0, 1)],
    ['failed', finallyFailed(0, 1)],
  ])('given a delivery that has %s, changes nothing', (_, fact) => {
    expect(given(fact, deleted(999_999))).toEqual(given(fact));
  });

  it('given an attempt that was under way and arrived, gives way to the success', () => {
    expect(given(deleted(2_000), succeeded(0, 1)).status).toBe('success');
  });

  it('given the last failure read after the retry it was followed by, keeps its own error', () => {
    expect(given(asked(1), deleted(99_999), failed(0, 4)).error).toBe('endpoint_deleted');
  });
});

describe('the state of a delivery', () => {
  it('is a function of the set of facts: neither order nor repetition matters', () => {
    fc.assert(
      fc.property(factsReadInTwoOrders(), ([once, again]) => {
        expect(given(...again)).toEqual(given(...once));
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows that a later round has ended, also of a delivery that had succeeded', () => {
    const succeeded: DeliveryFact = { ...failed(0, 1), status: 'success', error: null, nextRetryAt: null };
    const again = { ...failed(1, 1), attempt: null };
    for (const facts of [
      [succeeded, again],
      [again, succeeded],
    ]) {
      expect(given(...facts)).toMatchObject({
        status: 'success',
        error: null,
        lastResult: { round: 1, step: 1 },
      });
    }
  });

  it('is the same wherever replay begins anew', () => {
    fc.assert(
      fc.property(factsReadInTwoOrders(), ([facts, replayed]) => {
        expect(given(...facts, ...replayed)).toEqual(given(...facts));
      }),
    );
  });
});

/** A set of facts with one result for each rank at most, in two orders, the second with repetitions. */
function factsReadInTwoOrders(): fc.Arbitrary<[DeliveryFact[], DeliveryFact[]]> {
  const instant = fc.integer({ min: 1_000, max: 1_020 });
  const error = fc.constantFrom('http_status', 'timeout', 'dns', null);
  const result = fc
    .record({
      round: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 1, max: 4 }),
      at: instant,
      status: fc.constantFrom('retrying', 'retrying', 'failed', 'success'),
      error,
      nextRetryAt: fc.option(instant),
      attempt: fc.option(
        fc.record({ endedAt: instant, responseStatus: fc.option(fc.integer({ min: 200, max: 599 })) }),
      ),
    })
    .map((fields): DeliveryFact => ({ kind: 'result-reported', ...fields }));
  const request = fc
    .record({ round: fc.integer({ min: 1, max: 3 }), at: instant })
    .map((fields): DeliveryFact => ({ kind: 'retry-requested', ...fields }));
  const deletion = instant.map(deleted);
  return fc
    .tuple(
      fc.uniqueArray(result, { selector: (fact) => rankOf(fact), maxLength: 8 }),
      fc.uniqueArray(request, { selector: (fact) => rankOf(fact), maxLength: 3 }),
      fc.option(deletion, { nil: undefined }),
    )
    .map(([results, requests, end]) => [...results, ...requests, ...(end ? [end] : [])])
    .chain((facts) =>
      fc.tuple(
        shuffled(facts),
        fc.subarray(facts).chain((repeated) => shuffled([...facts, ...repeated])),
      ),
    );
}

function rankOf(fact: DeliveryFact): string {
  if (fact.kind === 'endpoint-deleted') return 'deletion';
  return `${fact.round}/${fact.kind === 'result-reported' ? fact.step : 0}`;
}

function shuffled<T>(items: T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length });
}
