import type { Subcommand } from './admin.js';
import { organizationsCreate } from './organizations-create.js';
import { organizationsList } from './organizations-list.js';
import { secretsRotate } from './secrets-rotate.js';
import { tokensCreate } from './tokens-create.js';
import { tokensList } from './tokens-list.js';
import { tokensRevoke } from './tokens-revoke.js';

/** Everything an operator can say, by what it is about. */
export const COMMANDS: Readonly<
  Record<string, { readonly about: string; readonly subcommands: readonly Subcommand[] }>
> = {
  organizations: {
    about: 'who has endpoints and events here',
    subcommands: [organizationsCreate, organizationsList],
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
