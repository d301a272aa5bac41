import { Command } from 'commander';

import { operator } from '../changes/author.js';
import type { Action } from '../changes/entry.js';
import { updateAndAnnounce } from '../endpoints/announce-endpoint.js';
import type { LockedEndpoint } from '../endpoints/endpoint-changes.js';
import { Endpoint } from '../endpoints/endpoint.entity.js';
import { holdEnded, switchedOn } from '../health/switched-on.js';
import type { Admin } from './admin.js';
import { uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

/** One change that a command makes, which gets an entry of its own in the log of changes. */
interface Change {
  readonly action: Action;
  /** The fields that it sets; null if the endpoint is so already. */
  readonly fields: (
    standing: LockedEndpoint,
    now: Date,
  ) => Partial<Pick<Endpoint, 'isActive' | 'heldSince' | 'enabledAt'>> | null;
}

const DEACTIVATION: Change = {
  action: 'endpoint.updated',
  fields: ({ is_active: isActive }) => (isActive ? { isActive: false } : null),
};
const ACTIVATION: Change = {
  action: 'endpoint.updated',
  fields: ({ is_active: isActive }, now) => (isActive ? null : { isActive: true, ...switchedOn(now) }),
};
const HOLD: Change = {
  action: 'endpoint.held',
  fields: ({ held_since: heldSince }, now) => (heldSince === null ? { heldSince: now } : null),
};
const END_OF_HOLD: Change = {
  action: 'endpoint.resumed',
  fields: ({ held_since: heldSince, is_active: isActive }, now) =>
    heldSince === null ? null : holdEnded(now, isActive),
};

/** `endpoints pause`: stops deliveries to an endpoint of any organisation. */
export const endpointsPause = (admin: Admin): Command =>
  command(
    admin,
    'pause',
    [DEACTIVATION],
    'Makes an endpoint inactive, as its owner can too. New events create no deliveries for it. Deliveries that wait end as ' +
      'failed with the error endpoint_inactive when they are due. `replay` can send them later.',
  );

/** `endpoints hold`: makes deliveries to an endpoint of any organisation wait. */
export const endpointsHold = (admin: Admin): Command =>
  command(
    admin,
    'hold',
    [HOLD],
    'Holds an endpoint, as its owner can too. All its deliveries wait, new ones too, and use up no attempts, until ' +
      '`endpoints resume`.',
  );

/** `endpoints resume`: undoes `endpoints pause` and `endpoints hold`. */
export const endpointsResume = (admin: Admin): Command =>
  command(
    admin,
    'resume',
    [ACTIVATION, END_OF_HOLD],
    'Undoes `pause` and `hold`, also those of its owner: makes an endpoint active again, and sends what waited. `replay` ' +
      'sends the events that it missed while it was inactive.',
  );

function command(admin: Admin, name: string, changes: readonly Change[], description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'the endpoint', uuidArgument)
    .action(async (id: string) => {
      const dataSource = await admin.database();
      const known = await dataSource.manager.findOneBy(Endpoint, { id });
      if (!known) throw noSuchEndpoint();
      const { organizationId } = known;
      const log = admin.changeLog();
      const changed = await dataSource.transaction(async (manager) => {
        for (const { action, fields } of changes) {
          await log.change(manager, operator(), { organizationId, action, id }, async (before) => {
            if (before === null || before['deleted_at'] !== null) throw noSuchEndpoint();
            const now = new Date();
            const wanted = fields(before as unknown as LockedEndpoint, now);
            if (wanted) await updateAndAnnounce(manager, id, wanted, now);
          });
        }
        return manager.findOneByOrFail(Endpoint, { id });
      });
      await admin.bringIntoForce();
      admin.result(id);
      admin.note(`endpoint ${id} at ${new URL(changed.url).host} is ${stateOf(changed)}`);
    });
}

function stateOf({ isActive, heldSince }: Endpoint): string {
  const held = heldSince === null ? '' : `, and held since ${heldSince.toISOString()}`;
  return `${isActive ? 'active' : 'inactive'}${held}`;
}

function noSuchEndpoint(): Problem {
  return new Problem("argument 'id': there is no such endpoint, or it is deleted");
}
