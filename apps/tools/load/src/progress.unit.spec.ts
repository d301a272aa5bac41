import { progressLines } from './progress.js';

describe('the progress of a load', () => {
  it('tells events, refusals, and how each group of receivers fares', () => {
    const lines = progressLines(
      {
        published: 1_200,
        accepted: 1_190,
        refused: { 429: 10 },
        groups: [
          {
            group: 'healthy',
            endpoints: 8,
            expected: 9_520,
            arrived: 9_500,
            repeated: 0,
            p50: 12.34,
            p99: 1_500,
            longest: 2_000,
          },
          {
            group: 'slow',
            endpoints: 1,
            expected: 1_190,
            arrived: 0,
            repeated: 3,
            p50: null,
            p99: null,
            longest: 0,
          },
        ],
      },
      'publishing',
      12,
      60,
    );
    expect(lines).toEqual([
      '█████░░░░░░░░░░░░░░░░░░░ 12 s, publishing',
      'events    1,200 published (100/s), 1,190 accepted, refused: 10 × 429',
      'healthy   8 endpoints: 9,500 of 9,520 arrived; p50 12 ms, p99 1.5 s, longest 2.0 s',
      'slow      1 endpoint: 0 of 1,190 arrived, 3 again; p50 –, p99 –, longest 0.0 ms',
    ]);
  });
});
