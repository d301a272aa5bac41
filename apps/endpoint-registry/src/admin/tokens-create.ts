import { SCOPES } from '@skillora/contracts';
import { Command, Option } from 'commander';

import { Organizations } from '../organizations/organizations.js';
import { TokenChanges } from '../organizations/token-changes.js';
import type { Admin } from './admin.js';
import {
  expiresAtArgument,
  expiresInArgument,
  nameArgument,
  scopesArgument,
  uuidArgument,
} from './arguments.js';
import { Problem } from './problem.js';
import { presentToken } from './token-view.js';

interface Options {
  readonly organization: string;
  readonly name: string;
  readonly scopes: ReturnType<typeof scopesArgument>;
  readonly expiresIn?: Date;
  readonly expiresAt?: Date;
  readonly json?: true;
}

/** `tokens create`: prints the token, this once. */
export const tokensCreate = (admin: Admin): Command =>
  new Command('create')
    .description('Makes an API token, and prints it: it is shown this once, and stored as its hash alone.')
    .requiredOption('--organization <uuid>', 'whose token it is', uuidArgument)
    .requiredOption('--name <name>', 'what it is for', nameArgument)
    .requiredOption(
      '--scopes <list>',
      `what it may do, comma-separated, or all: ${SCOPES.join(', ')}`,
      scopesArgument,
    )
    .addOption(
      new Option(
        '--expires-in <duration>',
        'after which it no longer counts, such as 12h or 90d (default: never)',
      )
        .argParser((text) => expiresInArgument(text))
        .conflicts('expiresAt'),
    )
    .addOption(
      new Option('--expires-at <time>', 'from which on it no longer counts, in ISO 8601').argParser((text) =>
        expiresAtArgument(text),
      ),
    )
    .option('--json', 'print all of it as JSON')
    .action(async ({ organization, name, scopes, expiresIn, expiresAt = expiresIn, json }: Options) => {
      const dataSource = await admin.database();
      const owner = await new Organizations(dataSource).find(organization);
      if (!owner) {
        throw new Problem(
          `option '--organization': there is no organisation ${organization}; see organizations list`,
        );
      }
      const choice = { name, scopes, expiresAt: expiresAt ?? null };
      const { row, token } = await new TokenChanges(dataSource).create(owner.id, choice);
      admin.result(json ? JSON.stringify({ ...presentToken(row), token }, null, 2) : token);
      const expiry =
        row.expires_at === null ? 'does not expire' : `expires at ${row.expires_at.toISOString()}`;
      admin.note(
        `token ${row.id} of ${owner.name}: ${scopes.join(', ')}; it ${expiry}. It is shown this once.`,
      );
      await admin.bringIntoForce();
    });
