import { Command } from 'commander';

import type { ChainFault } from '../changes/chain-check.js';
import { organizationIds, type VerifiedChain, verifyChain } from '../changes/verification.js';
import type { Admin } from './admin.js';
import { uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

interface Options {
  readonly organization?: string;
  readonly json?: true;
}

/** `changes verify`: checks that the log of changes is as it was written. */
export const changesVerify = (admin: Admin): Command =>
  new Command('verify')
    .description(
      'Checks the log of changes of every organisation, and names each entry that was altered, removed or added by hand. ' +
        'Prints the number of entries and the last hash of each organisation. Keep them elsewhere: they show later whether ' +
        'somebody has replaced all entries. Ends with 1 if it finds something.',
    )
    .option('--organization <uuid>', 'check only this organisation', uuidArgument)
    .option('--json', 'print the result as JSON')
    .action(async ({ organization, json }: Options) => {
      const dataSource = await admin.database();
      const chains: VerifiedChain[] = [];
      for (const id of organization === undefined ? await organizationIds(dataSource) : [organization]) {
        const chain = await verifyChain(dataSource, id);
        if (chain) chains.push(chain);
        else if (organization !== undefined) {
          throw new Problem(
            `option '--organization': there is no organisation ${id}; see organizations list`,
          );
        }
      }
      if (json) admin.result(JSON.stringify(chains.map(presented), null, 2));
      else for (const chain of chains) admin.result(lines(chain));
      const broken = chains.filter(({ faults }) => faults.length > 0).length;
      if (broken > 0) {
        throw new Problem(
          `the log of changes does not hold for ${broken} of ${chains.length} organisations. Somebody changed the tables ` +
            'changes or organizations by hand, or the database is damaged. Compare them with a backup',
        );
      }
      const count = chains.reduce((sum, chain) => sum + chain.count, 0);
      admin.note(`the log of changes holds: entries ${count}, organisations ${chains.length}`);
    });

function presented({ organizationId, count, head, faults }: VerifiedChain): object {
  return {
    organization_id: organizationId,
    count,
    hash: head,
    faults: faults.map(({ kind, number, lastNumber, id }) => ({ kind, number, last_number: lastNumber, id })),
  };
}

function lines({ organizationId, count, head, faults }: VerifiedChain): string {
  if (faults.length === 0) return `${organizationId} ${count} ${head ?? '–'}`;
  return faults.map((fault) => `${organizationId} ${sentence(fault)}`).join('\n');
}

function sentence({ kind, number, lastNumber, id }: ChainFault): string {
  if (kind === 'removed') {
    return number === lastNumber
      ? `entry ${number} was removed`
      : `entries ${number} to ${lastNumber} were removed`;
  }
  const entry = `entry ${number} (${id ?? 'unknown'})`;
  return kind === 'altered' ? `${entry} was altered` : `${entry} was added by hand`;
}
