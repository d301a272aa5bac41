import { topicDefinitions } from '@skillora/contracts';
import { ensureTopics, kafkaSettings } from '@skillora/kafka';
import { Command } from 'commander';

import type { Admin } from './admin.js';

/** `migrate`: prepares schema and topics before the services of a release start. */
export const migrate = (admin: Admin): Command =>
  new Command('migrate')
    .description(
      'Updates the schema of PostgreSQL and creates missing topics. The services do the same at their start, one after the ' +
        'other; running this first makes their start shorter. You can run it again, and several times at once.',
    )
    .action(async () => {
      const dataSource = await admin.database();
      const [newest] = await dataSource.query<{ name: string }[]>(
        'SELECT name FROM migrations ORDER BY timestamp DESC LIMIT 1',
      );
      const { retryDelaysMs, retentionDays, partitions, replicationFactor } = admin.settings(kafkaSettings);
      const topics = topicDefinitions(retryDelaysMs.length, retentionDays);
      const { kafka } = await admin.answeringKafka();
      await ensureTopics(kafka, topics, { partitions, replicationFactor });
      admin.result(newest?.name ?? '');
      admin.note(`the newest migration is ${newest?.name ?? 'none'}, and all ${topics.length} topics exist`);
    });
