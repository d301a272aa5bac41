import { MAX_ROUNDS, type RetryCandidate, retryProblem } from './decide-retry.js';

const candidate = (change: Partial<RetryCandidate> = {}): RetryCandidate => ({
  status: 'failed',
  endpointDeleted: false,
  underWay: false,
  rounds: 0,
  ...change,
});

describe('a retry asked for by hand', () => {
  it.each(['failed', 'retrying'] as const)('is granted to a delivery that is %s', (status) => {
    expect(retryProblem(candidate({ status }))).toBeNull();
  });

  it.each(['pending', 'success', 'filtered'] as const)('is refused to one that is %s', (status) => {
    expect(retryProblem(candidate({ status }))).toContain(`this one is ${status}`);
  });

  it('is refused while another has not ended', () => {
    expect(retryProblem(candidate({ underWay: true }))).toContain('has not ended');
    expect(retryProblem(candidate({ status: 'retrying', underWay: true }))).toContain('has not ended');
  });

  it('is refused where the endpoint is deleted, which it says rather than what may change', () => {
    for (const status of ['failed', 'retrying', 'pending'] as const) {
      const refused = retryProblem(candidate({ status, endpointDeleted: true, underWay: true }));
      expect(refused).toContain('deleted');
    }
  });

  it('is granted up to a number, and never after that', () => {
    expect(retryProblem(candidate({ rounds: MAX_ROUNDS - 1 }))).toBeNull();
    expect(retryProblem(candidate({ rounds: MAX_ROUNDS }))).toBe(
      'This delivery had 50 retries by hand. It can have no more.',
    );
  });
});
