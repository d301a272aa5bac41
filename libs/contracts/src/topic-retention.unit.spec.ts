import { leastRetentions } from './topic-retention.js';
import { topicDefinitions, Topics } from './topics.js';

const HOUR_MS = 3_600_000;

describe('the retention of a retry topic', () => {
  it('must be an hour longer than its delay', () => {
    expect(leastRetentions([60_000, 2 * HOUR_MS]).get('webhook.retries.2')).toBe(3 * HOUR_MS);
  });

  it('is long enough as we make it, for the longest delay there is', () => {
    const made = new Map(
      topicDefinitions(1).map(({ name, config }) => [name, Number(config['retention.ms'] ?? Infinity)]),
    );
    for (const [topic, least] of leastRetentions([24 * HOUR_MS], 27 * HOUR_MS)) {
      expect(made.get(topic)).toBeGreaterThanOrEqual(least);
    }
    expect([...leastRetentions([]).keys()]).toContain(Topics.fanOutLedger);
  });
});

describe('the retention of the marks of manual retries', () => {
  it('must be an hour longer than any attempt that they replace can wait', () => {
    expect(leastRetentions([60_000], 26 * HOUR_MS).get(Topics.manualRetries)).toBe(27 * HOUR_MS);
  });

  it('is left alone by a service that waits for nothing', () => {
    expect(leastRetentions([60_000]).has(Topics.manualRetries)).toBe(false);
  });
});

describe('the retention of events that deliveries name', () => {
  it('must be an hour longer than a delivery may wait for its last attempt', () => {
    expect(leastRetentions([60_000], null, 26 * HOUR_MS).get(Topics.events)).toBe(27 * HOUR_MS);
  });

  it('is left alone by a service that makes no such deliveries', () => {
    expect(leastRetentions([60_000], 26 * HOUR_MS).has(Topics.events)).toBe(false);
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
