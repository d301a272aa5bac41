import { durationsOverTime, outcomesOverTime } from './chart-data.js';

const bucket = {
  start: '2026-01-01T00:01:00.000Z',
  attempts: 6,
  success: 3,
  retrying: 2,
  failed: 1,
  duration_p50_ms: 10,
  duration_p95_ms: null,
};

describe('the figures of a chart', () => {
  it('stack outcomes from success up', () => {
    expect(outcomesOverTime([bucket])).toEqual([[1_767_225_660], [6], [5], [3]]);
  });

  it('leave gaps where nothing was measured', () => {
    expect(durationsOverTime([bucket])).toEqual([[1_767_225_660], [10], [null]]);
  });
});
