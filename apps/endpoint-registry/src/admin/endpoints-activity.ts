import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { updateAndAnnounce } from '../endpoints/announce-endpoint.js';
import { Endpoint } from '../endpoints/endpoint.entity.js';
import { switchedOn } from '../health/switched-on.js';
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
      const owner = await dataSource.manager.findOneBy(Endpoint, { id });
      if (!owner) throw noSuchEndpoint();
      const deed = { organizationId: owner.organizationId, action: 'endpoint.updated', id } as const;
      const url = await dataSource.transaction((manager) =>
        admin.changeLog().change(manager, operator(), deed, async (before) => {
          if (before === null || before['deleted_at'] !== null) throw noSuchEndpoint();
          const now = new Date();
          const afresh = isActive && before['is_active'] === false ? switchedOn(now) : {};
          return (await updateAndAnnounce(manager, id, { isActive, ...afresh }, now)).url;
        }),
      );
      await admin.bringIntoForce();
      admin.result(id);
      admin.note(`endpoint ${id} at ${new URL(url).host} is ${isActive ? 'active' : 'inactive'}`);
    });
}

function noSuchEndpoint(): Problem {
  return new Problem("argument 'id': there is no such endpoint, or it is deleted");
}
