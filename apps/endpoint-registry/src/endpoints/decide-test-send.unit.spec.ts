import { TEST_SENDS, type TestSendCandidate, testSendProblem, TESTS_UNDER_WAY } from './decide-test-send.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const candidate = (change: Partial<TestSendCandidate> = {}): TestSendCandidate => ({
  now: NOW,
  sentAt: [],
  busyUntil: null,
  othersBusyUntil: [],
  ...change,
});
/** The newest first, a second apart. */
const sent = (count: number): number[] => Array.from({ length: count }, (_, index) => NOW - index * 1_000);

describe('a test send', () => {
  it('is made to an endpoint to which none was sent', () => {
    expect(testSendProblem(candidate())).toBeNull();
  });

  it('is refused while one to the same endpoint is under way, for as long as that can last', () => {
    expect(testSendProblem(candidate({ busyUntil: NOW + 7_000 }))).toEqual({
      detail: expect.stringContaining('under way'),
      waitMs: 7_000,
    });
  });

  it('is refused where as many were sent within a minute as may be, until the oldest is a minute ago', () => {
    expect(testSendProblem(candidate({ sentAt: sent(TEST_SENDS.uses - 1) }))).toBeNull();
    expect(testSendProblem(candidate({ sentAt: sent(TEST_SENDS.uses) }))).toEqual({
      detail: 'An endpoint gets at most 10 test webhooks a minute.',
      waitMs: 51_000,
    });
  });

  it('is refused while too many of its organisation are under way, until the first of them has ended', () => {
    const others = Array.from({ length: TESTS_UNDER_WAY }, (_, index) => NOW + 1_000 + index);
    expect(testSendProblem(candidate({ othersBusyUntil: others.slice(1) }))).toBeNull();
    expect(testSendProblem(candidate({ othersBusyUntil: others }))).toEqual({
      detail: 'At most 5 test webhooks of an organisation are under way at once.',
      waitMs: 1_000,
    });
  });

  it('tells the longest wait where several things stand against it', () => {
    const problem = testSendProblem(candidate({ sentAt: sent(TEST_SENDS.uses), busyUntil: NOW + 100 }));
    expect(problem?.waitMs).toBe(51_000);
  });
});
