import { apiTokenStateSchema, endpointStateSchema, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import { createLogger, withinTime } from '@skillora/operability';
import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { forgetWhatWasWritten } from '../outbox/once-only-writer.js';
import { type LoggedState, restoreFromLog } from '../restore/restore-from-log.js';
import type { Admin } from './admin.js';
import { Problem } from './problem.js';

/** How long reading the endpoints and tokens may take, ms. */
const READ_LIMIT_MS = 10 * 60_000;

/** `restore`: restores organisations, tokens and endpoints from Kafka into a database that lost them. */
export const restore = (admin: Admin): Command =>
  new Command('restore')
    .description(
      'Restores organisations, API tokens and endpoints in PostgreSQL from the topics webhook.endpoints and ' +
        'webhook.api-tokens, after the database was lost or reset to a backup. Newer rows in the database stay. Run it before ' +
        'endpoint-registry starts; endpoint-registry then restores the audit from the topics by itself.',
    )
    .option('--json', 'print the figures as JSON')
    .action(async ({ json }: { json?: true }) => {
      const dataSource = await admin.database();
      await admin.answeringKafka();
      const reading = Promise.all([
        readTable(admin, Topics.endpoints, endpointStateSchema),
        readTable(admin, Topics.apiTokens, apiTokenStateSchema),
      ]);
      const read = await withinTime(reading, READ_LIMIT_MS);
      if (read === 'late') throw new Problem('Kafka does not answer; nothing was restored');
      const [endpoints, tokens] = read;
      await forgetWhatWasWritten(admin.kafka());
      const by = { log: admin.changeLog(), author: operator() };
      const figures = await restoreFromLog(dataSource, by, { endpoints, tokens });
      admin.result(json ? JSON.stringify(figures, null, 2) : String(figures.endpoints));
      admin.note(
        `restored ${figures.organizations} organisations, ${figures.tokens} tokens and ${figures.endpoints} endpoints; ` +
          'the topics do not hold the names of organisations and tokens, so new names were generated',
      );
      if (figures.unknownToLog.length > 0) {
        admin.note(
          `warning: these endpoints are in the database but not in the topic, so nothing is sent to them: ${figures.unknownToLog.join(', ')}. ` +
            'They were deleted after the backup, or their creation never took effect. Delete them, or change them once over the API',
        );
      }
    });

/** The complete present content of a table. */
async function readTable<T>(
  admin: Admin,
  topic: string,
  schema: ConstructorParameters<typeof TopicTable<T>>[0]['schema'],
): Promise<LoggedState<T>[]> {
  const states = new Map<string, LoggedState<T>>();
  const table = new TopicTable<T>({
    kafka: admin.kafka(),
    topic,
    schema,
    logger: createLogger('admin', 'silent'),
    apply: ({ key, state, timestamp }) => {
      if (state === null) states.delete(key);
      else states.set(key, { state, writtenAt: new Date(timestamp) });
    },
  });
  try {
    await table.start();
    return [...states.values()];
  } finally {
    await table.stop();
  }
}
