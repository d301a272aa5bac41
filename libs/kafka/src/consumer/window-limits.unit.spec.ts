import { isFull, windowLimits } from './window-limits.js';

const LIMITS = { records: 10, bytes: 100 };
const window = (inFlight: number, inFlightBytes = 0, fits = true) => ({
  inFlight,
  inFlightBytes,
  fits: () => fits,
});

describe('a partition', () => {
  it('is full at the limit of records or bytes', () => {
    expect(isFull(false, window(9, 99), LIMITS)).toBe(false);
    expect(isFull(false, window(10), LIMITS)).toBe(true);
    expect(isFull(false, window(1, 100), LIMITS)).toBe(true);
  });

  it('stays full until half of both limits is processed', () => {
    expect(isFull(true, window(6), LIMITS)).toBe(true);
    expect(isFull(true, window(5, 51), LIMITS)).toBe(true);
    expect(isFull(true, window(5, 50), LIMITS)).toBe(false);
  });

  it('is full while what is processed does not fit into a commit', () => {
    expect(isFull(false, window(1, 0, false), LIMITS)).toBe(true);
    expect(isFull(true, window(1, 0, false), LIMITS)).toBe(true);
    expect(isFull(true, window(1), LIMITS)).toBe(false);
  });

  it('whose window is kept elsewhere needs no room in a commit', () => {
    expect(isFull(false, window(1, 0, false), { ...LIMITS, mustFitCommit: false })).toBe(false);
  });
});

describe('the limits of a transport', () => {
  it('hold for all topics but those that have their own', () => {
    const limits = {
      completion: 'record',
      maxInFlightPerPartition: 7,
      inFlightOf: (topic: string) => (topic === 'wide' ? { records: 70, bytes: 700 } : undefined),
    } as const;
    expect(windowLimits(limits, 'other')).toMatchObject({ records: 7 });
    expect(windowLimits(limits, 'wide')).toMatchObject({ records: 70, bytes: 700 });
    expect(windowLimits({ ...limits, completion: 'batch' }, 'wide')).toBeNull();
  });
});
