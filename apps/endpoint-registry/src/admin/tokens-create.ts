import { SCOPES } from '@skillora/contracts';
import { Command, Option } from 'commander';

import { operator } from '../changes/author.js';
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

/** `tokens create`: creates a token and prints it, this one time. */
export const tokensCreate = (admin: Admin): Command =>
  new Command('create')
    .description('Creates an API token and prints it. It is not shown again: only its hash is stored.')
    .requiredOption('--organization <uuid>', 'the organisation that the token belongs to', uuidArgument)
    .requiredOption('--name <name>', 'what the token is for', nameArgument)
    .requiredOption(
      '--scopes <list>',
      `what the token may do, comma-separated, or all: ${SCOPES.join(', ')}`,
      scopesArgument,
    )
    .addOption(
      new Option(
        '--expires-in <duration>',
        'when it expires, counted from now, for example 12h or 90d (default: never)',
      )
        .argParser((text) => expiresInArgument(text))
        .conflicts('expiresAt'),
    )
    .addOption(
      new Option('--expires-at <time>', 'when it expires, in ISO 8601').argParser((text) =>
        expiresAtArgument(text),
      ),
    )
    .option('--json', 'print the token and its details as JSON')
    .action(async ({ organization, name, scopes, expiresIn, expiresAt = expiresIn, json }: Options) => {
      const dataSource = await admin.database();
      const owner = await new Organizations(dataSource, admin.changeLog()).find(organization);
      if (!owner) {
        throw new Problem(
          `option '--organization': there is no organisation ${organization}; see organizations list`,
        );
      }
      const choice = { name, scopes, expiresAt: expiresAt ?? null };
      const changes = new TokenChanges(dataSource, admin.changeLog());
      const { row, token } = await changes.create(operator(), owner.id, choice);
      admin.result(json ? JSON.stringify({ ...presentToken(row), token }, null, 2) : token);
      const expiry = row.expiresAt === null ? 'does not expire' : `expires at ${row.expiresAt.toISOString()}`;
      admin.note(
        `token ${row.id} of ${owner.name}: ${scopes.join(', ')}; it ${expiry}. It is not shown again.`,
      );
      await admin.bringIntoForce();
    });
