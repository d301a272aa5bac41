import { Command } from 'commander';

import { Organizations } from '../organizations/organizations.js';
import type { Admin } from './admin.js';
import { table } from './table.js';

/** `organizations list`, newest first. */
export const organizationsList = (admin: Admin): Command =>
  new Command('list')
    .description('Lists the organisations, newest first.')
    .option('--json', 'print an array in JSON')
    .action(async ({ json }: { json?: true }) => {
      const rows = await new Organizations(await admin.database(), admin.changeLog()).list();
      if (json) admin.result(JSON.stringify(rows, null, 2));
      else if (rows.length === 0) admin.note('there are no organisations; organizations create creates one');
      else {
        admin.result(
          table(
            rows.map(({ id, name, created_at, max_endpoints }) => ({
              ID: id,
              NAME: name,
              CREATED: created_at.toISOString(),
              'MAX ENDPOINTS': max_endpoints === null ? 'default' : String(max_endpoints),
            })),
          ),
        );
      }
    });
