import { Command } from 'commander';

import type { Organization } from '../organizations/organization.entity.js';
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
      if (json) admin.result(JSON.stringify(rows.map(presentOrganization), null, 2));
      else if (rows.length === 0) admin.note('there are no organisations; organizations create creates one');
      else {
        admin.result(
          table(
            rows.map(({ id, name, createdAt, maxEndpoints }) => ({
              ID: id,
              NAME: name,
              CREATED: createdAt.toISOString(),
              'MAX ENDPOINTS': maxEndpoints === null ? 'default' : String(maxEndpoints),
            })),
          ),
        );
      }
    });

function presentOrganization({ id, name, createdAt, maxEndpoints }: Organization) {
  return { id, name, created_at: createdAt, max_endpoints: maxEndpoints };
}
