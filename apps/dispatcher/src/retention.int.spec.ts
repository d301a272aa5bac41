import { ensureTopics, createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';

import { RunningDispatcher } from './testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const MINUTE_MS = 60_000;

describe('a retry topic that keeps its records for less than its delay', () => {
  it('is refused at the start, by its name and with what to do', async () => {
    // A schedule longer than those of other tests, whose last topic is this test's alone.
    const delays = ['100ms', '200ms', '300ms', '400ms', '500ms', '600ms', '700ms', '10m'];
    const kafka = createKafka({
      brokers: brokers.split(','),
      clientId: 'retention-spec',
      logger: createLogger('retention-spec', 'silent'),
    });
    const short = {
      name: 'webhook.retries.8',
      partitions: 'spread' as const,
      config: { 'retention.ms': String(5 * MINUTE_MS) },
    };
    await ensureTopics(kafka, [short], { partitions: 1, replicationFactor: 1 });
    await expect(RunningDispatcher.start(brokers, { RETRY_DELAYS: delays.join(',') })).rejects.toThrow(
      /^records would be lost: topic webhook\.retries\.8: retention\.ms is 300000 and must be 4200000 or more.*kafka-configs\.sh .*webhook\.retries\.8 --add-config retention\.ms=604800000/,
    );
  });
});
