import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { Organizations } from '../organizations/organizations.js';
import type { Admin } from './admin.js';
import { endpointLimitArgument, uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

interface Options {
  readonly maxEndpoints: number | 'default';
}

/** `organizations limit`: sets how many endpoints one organisation can have. */
export const organizationsLimit = (admin: Admin): Command =>
  new Command('limit')
    .description(
      'Sets how many endpoints an organisation can have, and prints its id. The limit applies from the next creation on. ' +
        'Existing endpoints stay, even if there are more.',
    )
    .argument('<id>', 'the organisation', uuidArgument)
    .requiredOption(
      '--max-endpoints <number>',
      'the limit, or `default` for the value of MAX_ENDPOINTS',
      endpointLimitArgument,
    )
    .action(async (id: string, options: Options) => {
      const maxEndpoints = options.maxEndpoints === 'default' ? null : options.maxEndpoints;
      const organizations = new Organizations(await admin.database(), admin.changeLog());
      const row = await organizations.limitEndpoints(operator(), id, maxEndpoints);
      if (!row) throw new Problem("argument 'id': there is no such organisation");
      admin.result(row.id);
      const limit =
        maxEndpoints === null ? 'as many endpoints as MAX_ENDPOINTS says' : endpoints(maxEndpoints);
      admin.note(`organisation ${row.name} can have ${limit}`);
    });

const endpoints = (number: number): string => `${number} endpoint${number === 1 ? '' : 's'}`;
