import { retryTopicsAmong } from './retry-topics.js';

describe('the retry topics that are read', () => {
  it('are those of the schedule before they exist', () => {
    expect(retryTopicsAmong([], [1_000, 2_000])).toEqual(['webhook.retries.1', 'webhook.retries.2']);
  });

  it('are also those that a longer schedule has left, and no others', () => {
    const existing = [
      'webhook.retries.1',
      'webhook.retries.12',
      'webhook.retries.0',
      'webhook.retries.x',
      'other',
    ];
    expect(retryTopicsAmong(existing, [1_000])).toEqual(['webhook.retries.1', 'webhook.retries.12']);
  });
});
