import { isUuid } from '@skillora/contracts';
import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { TokenChanges } from '../organizations/token-changes.js';
import type { Admin } from './admin.js';
import { Problem } from './problem.js';
import { presentToken } from './token-view.js';

/** The usual name for standard input on command lines. */
const STANDARD_INPUT = '-';

/** `tokens revoke`: revokes a token for good, on every service. */
export const tokensRevoke = (admin: Admin): Command =>
  new Command('revoke')
    .description('Revokes an API token for good, on every service within 5 seconds.')
    .argument(
      '<id>',
      'the id that tokens list shows. Or -, to give the token itself on standard input, for example one that has leaked: as an argument, others could read it in the list of processes',
    )
    .option('--json', 'print the token as JSON')
    .action(async (given: string, { json }: { json?: true }) => {
      const which = given === STANDARD_INPUT ? (await admin.input()).trim() : given;
      if (which === '') throw new Problem("argument 'id': standard input holds no token");
      const changes = new TokenChanges(await admin.database(), admin.changeLog());
      const named = isUuid(which) ? { id: which.toLowerCase() } : { token: which };
      const revoked = await changes.revoke(operator(), named);
      // The message does not repeat the argument: it may be a token.
      if (!revoked) throw new Problem("argument 'id': there is no such token; see tokens list");
      const { row, before } = revoked;
      admin.result(json ? JSON.stringify(presentToken(row), null, 2) : row.id);
      const since = before ? ` at ${row.revokedAt?.toISOString() ?? ''} already` : '';
      admin.note(`token ${row.id} (${row.name}) was revoked${since}`);
      await admin.bringIntoForce();
    });
