import { waitOf } from './rest-when-idle.js';

const BUSY = { maxWaitTime: 100, minBytes: 1_000_000 };

describe('how long a broker may hold a fetch', () => {
  it('is what the consumer was created with, while it has records', () => {
    expect(waitOf({ ...BUSY, at: 0 }, false, 29_999)).toEqual(BUSY);
  });

  it('is long after 30 s without records, and the first byte ends it', () => {
    expect(waitOf({ ...BUSY, at: 0 }, false, 30_000)).toEqual({ maxWaitTime: 800, minBytes: 1 });
  });

  it('stays short while a partition is paused, because it joins only the next fetch when it is resumed', () => {
    expect(waitOf({ ...BUSY, at: 0 }, true, 99_999)).toEqual(BUSY);
  });

  it('is never made shorter', () => {
    const patient = { maxWaitTime: 5_000, minBytes: 1 };
    expect(waitOf({ ...patient, at: 0 }, false, 99_999)).toEqual(patient);
  });
});
