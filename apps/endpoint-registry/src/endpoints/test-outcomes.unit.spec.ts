import type { DataSource } from 'typeorm';

import { type OutcomeRow, TestOutcomes } from './test-outcomes.js';

/** The first looks never have an answer; each one after them finds what is asked for. */
class HangingLooks extends TestOutcomes {
  override lookLimitMs = 20;

  constructor(private hanging: number) {
    // The way to the database is what is replaced here.
    super(undefined as unknown as DataSource);
  }

  protected override find(ids: readonly string[]): Promise<OutcomeRow[]> {
    this.hanging -= 1;
    if (this.hanging >= 0) return new Promise(() => undefined);
    return Promise.resolve(
      ids.map((id) => ({ id, status: 'success', response_status: 200, error_detail: null })),
    );
  }
}

describe('outcomes of test sends, on a connection that answers no more', () => {
  it('are unknown in time', async () => {
    const outcomes = new HangingLooks(Infinity);
    expect(await outcomes.of('a', 300)).toMatchObject({ deliveryId: 'a', status: 'unknown' });
  });

  it('are looked for once more', async () => {
    const outcomes = new HangingLooks(1);
    expect(await outcomes.of('a', 60_000)).toMatchObject({ deliveryId: 'a', status: 'success' });
  });
});
