import { leastRetentions, retentionProblems } from './topic-retention.js';
import { topicDefinitions, Topics } from './topics.js';

const HOUR_MS = 3_600_000;

describe('the retention of a delay topic', () => {
  it('must be an hour longer than its delay', () => {
    const delays = [60_000, 2 * HOUR_MS];
    const kept = (second: number | null) =>
      new Map([
        ['webhook.retries.1', 7 * 24 * HOUR_MS],
        ['webhook.retries.2', second],
      ]);
    expect(retentionProblems(kept(3 * HOUR_MS), delays)).toEqual([]);
    expect(retentionProblems(kept(null), delays)).toEqual([]);
    expect(retentionProblems(kept(3 * HOUR_MS - 1), delays)).toEqual([
      expect.stringMatching(/^webhook\.retries\.2 keeps records for 10799999 ms and must for 10800000 ms/),
    ]);
  });

  it('is long enough as we make it, for the longest delay there is', () => {
    const delays = [24 * HOUR_MS];
    const made = new Map(
      topicDefinitions(1).map(({ name, config }) => [name, Number(config['retention.ms'] ?? Infinity)]),
    );
    expect(retentionProblems(made, delays)).toEqual([]);
    expect([...leastRetentions(delays).keys()]).toContain(Topics.fanOutLedger);
  });
});

describe('the retention of what the audit is made of', () => {
  it('is that of the audit', () => {
    const config = (name: string) => topicDefinitions(3, 30).find((topic) => topic.name === name)?.config;
    for (const topic of [Topics.events, Topics.fanOuts, Topics.deliveryResults]) {
      expect(config(topic)).toMatchObject({ 'retention.ms': String(30 * 24 * HOUR_MS) });
    }
  });
});
