import { Command } from 'commander';

import { TokenChanges } from '../organizations/token-changes.js';
import type { ApiToken } from '../organizations/api-token.entity.js';
import type { Admin } from './admin.js';
import { uuidArgument } from './arguments.js';
import { table } from './table.js';
import { presentToken, tokenState } from './token-view.js';

interface Options {
  readonly organization?: string;
  readonly json?: true;
}

/** `tokens list`: newest first, including expired and revoked tokens. */
export const tokensList = (admin: Admin): Command =>
  new Command('list')
    .description('Lists API tokens, newest first, including expired and revoked ones.')
    .option('--organization <uuid>', 'only tokens of this organisation', uuidArgument)
    .option('--json', 'print an array in JSON')
    .action(async ({ organization, json }: Options) => {
      const rows = await new TokenChanges(await admin.database(), admin.changeLog()).list(
        organization ?? null,
      );
      const now = new Date();
      if (json) {
        const views = rows.map((row) => ({ ...presentToken(row), state: tokenState(row, now) }));
        admin.result(JSON.stringify(views, null, 2));
      } else if (rows.length === 0) admin.note('there are no tokens; tokens create creates one');
      else admin.result(table(rows.map((row) => line(row, now))));
    });

function line(row: ApiToken, now: Date): Record<string, string> {
  return {
    ID: row.id,
    STATE: tokenState(row, now),
    NAME: row.name,
    ORGANISATION: row.organizationId,
    CREATED: row.createdAt.toISOString(),
    EXPIRES: row.expiresAt?.toISOString() ?? '–',
    REVOKED: row.revokedAt?.toISOString() ?? '–',
    SCOPES: row.scopes.join(','),
  };
}
