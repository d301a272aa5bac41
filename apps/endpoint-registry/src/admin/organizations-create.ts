import { Command } from 'commander';

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
    .description('Makes an organisation, and prints its id.')
    .requiredOption('--name <name>', 'what people call it', nameArgument)
    .option(
      '--id <uuid>',
      'its id, where other systems know it by one already (default: made up)',
      uuidArgument,
    )
    .option('--json', 'print all of it as JSON')
    .action(async ({ name, id, json }: Options) => {
      const made = await new Organizations(await admin.database()).create(name, id);
      if (!made) throw new Problem(`option '--id': there is an organisation ${id ?? ''} already`);
      admin.result(json ? JSON.stringify(made, null, 2) : made.id);
      admin.note(
        `organisation ${made.name} is there; give it a token: tokens create --organization ${made.id} …`,
      );
    });
