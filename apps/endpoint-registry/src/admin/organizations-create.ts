import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { Organizations } from '../organizations/organizations.js';
import type { Admin } from './admin.js';
import { nameArgument, uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

interface Options {
  readonly name: string;
  readonly id?: string;
  readonly json?: true;
}

/** `organizations create`: prints the new organisation's id. */
export const organizationsCreate = (admin: Admin): Command =>
  new Command('create')
    .description('Creates an organisation and prints its id.')
    .requiredOption('--name <name>', 'its name, for people', nameArgument)
    .option(
      '--id <uuid>',
      'its id, if other systems already know the organisation by one (default: generated)',
      uuidArgument,
    )
    .option('--json', 'print the organisation as JSON')
    .action(async ({ name, id, json }: Options) => {
      const organizations = new Organizations(await admin.database(), admin.changeLog());
      const made = await organizations.create(operator(), name, id);
      if (!made) throw new Problem(`option '--id': the organisation ${id ?? ''} exists already`);
      admin.result(json ? JSON.stringify(made, null, 2) : made.id);
      admin.note(
        `organisation ${made.name} was created; now create a token for it: tokens create --organization ${made.id} …`,
      );
    });
