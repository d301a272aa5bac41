import type { Subcommand } from './admin.js';
import { changesVerify } from './changes-verify.js';
import { deadLettersList } from './dead-letters-list.js';
import { deadLettersRedrive } from './dead-letters-redrive.js';
import { deadLettersShow } from './dead-letters-show.js';
import { endpointsHold, endpointsPause, endpointsResume } from './endpoints-activity.js';
import { migrate } from './migrate.js';
import { organizationsCreate } from './organizations-create.js';
import { organizationsLimit } from './organizations-limit.js';
import { organizationsList } from './organizations-list.js';
import { projectionRebuild } from './projection-rebuild.js';
import { replay } from './replay.js';
import { restore } from './restore.js';
import { secretsRotate } from './secrets-rotate.js';
import { tokensCreate } from './tokens-create.js';
import { tokensList } from './tokens-list.js';
import { tokensRevoke } from './tokens-revoke.js';

/** All subcommands, grouped by their subject. */
export const COMMANDS: Readonly<
  Record<string, { readonly about: string; readonly subcommands: readonly Subcommand[] }>
> = {
  changes: {
    about: 'the log of who changed what',
    subcommands: [changesVerify],
  },
  'dead-letters': {
    about:
      'records of the public topic that were refused: list them, and write them again once the cause is fixed',
    subcommands: [deadLettersList, deadLettersShow, deadLettersRedrive],
  },
  endpoints: {
    about: 'stop, hold and resume deliveries to an endpoint of any organisation',
    subcommands: [endpointsHold, endpointsPause, endpointsResume],
  },
  organizations: {
    about: 'the organisations that have endpoints and events',
    subcommands: [organizationsCreate, organizationsLimit, organizationsList],
  },
  projection: {
    about: 'the tables of events and deliveries that the REST API reads',
    subcommands: [projectionRebuild],
  },
  secrets: {
    about: 'the encryption of stored endpoint secrets',
    subcommands: [secretsRotate],
  },
  tokens: {
    about: 'the API tokens: create, list and revoke them',
    subcommands: [tokensCreate, tokensList, tokensRevoke],
  },
};

/** Subcommands without a group. */
export const TOP_LEVEL_COMMANDS: readonly Subcommand[] = [migrate, replay, restore];
