import { topicDefinitions } from '@skillora/contracts';
import { ensureTopics, kafkaSettings } from '@skillora/kafka';
import { Command } from 'commander';

import type { Admin } from './admin.js';

/** `migrate`: what a release needs before its services start. */
export const migrate = (admin: Admin): Command =>
  new Command('migrate')
    .description(
      'Brings the schema of PostgreSQL up to date and makes the topics that are absent. The services do so themselves at their ' +
        'start, one after the other; a job that runs this before keeps their start short. May run again, and side by side.',
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
      admin.note(
        `the schema is that of ${newest?.name ?? 'no migration'}, and all ${topics.length} topics are there`,
      );
    });
