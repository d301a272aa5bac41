import { Command } from 'commander';

import { announceEndpoint } from '../endpoints/announce-endpoint.js';
import type { Admin } from './admin.js';
import { uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

/** `endpoints pause`: stops deliveries to an endpoint of any organisation. */
export const endpointsPause = (admin: Admin): Command =>
  command(
    admin,
    'pause',
    false,
    'Makes an endpoint inactive, as its owner can too. New events create no deliveries for it. Deliveries that wait end as ' +
      'failed with the error endpoint_inactive when they are due. `replay` can send them later.',
  );

/** `endpoints resume`: undoes `endpoints pause`. */
export const endpointsResume = (admin: Admin): Command =>
  command(admin, 'resume', true, 'Makes an endpoint active again. `replay` sends the events that it missed.');

function command(admin: Admin, name: string, isActive: boolean, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'the endpoint', uuidArgument)
    .action(async (id: string) => {
      const dataSource = await admin.database();
      const url = await dataSource.transaction(async (manager) => {
        // The row lock gives the outbox rows the same order as the changes.
        const [found] = await manager.query<unknown[]>(
          'SELECT 1 FROM endpoints WHERE id = $1 AND deleted_at IS NULL FOR UPDATE',
          [id],
        );
        if (found === undefined)
          throw new Problem("argument 'id': there is no such endpoint, or it is deleted");
        await manager.query(
          'UPDATE endpoints SET is_active = $2, version = version + 1, updated_at = $3 WHERE id = $1',
          [id, isActive, new Date()],
        );
        return (await announceEndpoint(manager, id)).url;
      });
      await admin.bringIntoForce();
      admin.result(id);
      admin.note(`endpoint ${id} at ${new URL(url).host} is ${isActive ? 'active' : 'inactive'}`);
    });
}
