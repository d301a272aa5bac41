import type { Subcommand } from './admin.js';
import { endpointsPause, endpointsResume } from './endpoints-activity.js';
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

/** Everything an operator can say, by what it is about. */
export const COMMANDS: Readonly<
  Record<string, { readonly about: string; readonly subcommands: readonly Subcommand[] }>
> = {
  endpoints: {
    about: 'an endpoint, whoever’s it is',
    subcommands: [endpointsPause, endpointsResume],
  },
  organizations: {
    about: 'who has endpoints and events here',
    subcommands: [organizationsCreate, organizationsLimit, organizationsList],
  },
  projection: {
    about: 'the tables that the audit reads',
    subcommands: [projectionRebuild],
  },
  secrets: {
    about: 'the endpoint secrets, as they are stored',
    subcommands: [secretsRotate],
  },
  tokens: {
    about: 'who may call, and what for',
    subcommands: [tokensCreate, tokensList, tokensRevoke],
  },
};

/** What is about no one thing. */
export const TOP_LEVEL_COMMANDS: readonly Subcommand[] = [migrate, replay, restore];
