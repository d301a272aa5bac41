import { Command } from 'commander';

import { RebuildRefused, rebuildProjection } from '../projection/rebuild/rebuild.js';
import type { Admin } from './admin.js';
import { Problem } from './problem.js';

/** `projection rebuild`: the tables of the audit are made anew from the log, while the services run. */
export const projectionRebuild = (admin: Admin): Command =>
  new Command('rebuild')
    .description(
      'Makes the tables of events, deliveries, attempts and statistics anew from the log, beside those in use, and puts them ' +
        'in their place in a moment. Services go on meanwhile. Rows older than the log tells are carried over as they are. ' +
        'When it fails or is ended nothing has changed; it may be run again.',
    )
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { read, carriedOver, heldMs } = await rebuildProjection({
        dataSource: await admin.database(),
        ...(await admin.answeringKafka()),
        retentionDays: admin.retentionDays(),
        onProgress: (line) => admin.note(line),
      }).catch((error: unknown) => {
        throw error instanceof RebuildRefused ? new Problem(error.message) : error;
      });
      const result = { offsets_read: read, deliveries_carried_over: carriedOver, held_ms: heldMs };
      admin.result(json ? JSON.stringify(result, null, 2) : String(read));
      admin.note(
        `rebuilt from ${read} offsets of the log, ${carriedOver} older deliveries carried over; the running projection was held up for ${heldMs} ms`,
      );
    });
