import { Command } from 'commander';

import { rebuildProjection } from '../projection/rebuild/rebuild.js';
import { RebuildRefused } from '../projection/rebuild/rebuild-refused.js';
import { firstAttemptSetting } from '../settings.js';
import type { Admin } from './admin.js';
import { Problem } from './problem.js';

/** `projection rebuild`: builds the tables of the audit again from the topics, while the services run. */
export const projectionRebuild = (admin: Admin): Command =>
  new Command('rebuild')
    .description(
      'Builds new tables of events, deliveries, attempts and statistics from the topics, beside those in use, and then ' +
        'swaps them in. The services keep running. Rows that are older than the records in the topics are copied as they are. ' +
        'If it fails or is stopped, nothing has changed, and you can run it again.',
    )
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { read, carriedOver, heldMs } = await rebuildProjection({
        dataSource: await admin.database(),
        ...(await admin.answeringKafka()),
        retentionDays: admin.retentionDays(),
        ...admin.settings(firstAttemptSetting),
        onProgress: (line) => admin.note(line),
      }).catch((error: unknown) => {
        throw error instanceof RebuildRefused ? new Problem(error.message) : error;
      });
      const result = { offsets_read: read, deliveries_carried_over: carriedOver, held_ms: heldMs };
      admin.result(json ? JSON.stringify(result, null, 2) : String(read));
      admin.note(
        `rebuilt from ${read} offsets of the topics, and copied ${carriedOver} older deliveries; the running projection was paused for ${heldMs} ms`,
      );
    });
