import { fingerprintOfHash, type SecretBox } from '@skillora/signing';

import type { Aside, Difference } from './difference.js';
import type { Fields } from './entry.js';
import { withoutSecrets } from './without-secrets.js';

/** The kinds of objects whose records are in the database. */
export type RecordedType = 'endpoint' | 'token' | 'organization';

/** Where the records of a kind are, and what of them is no change by itself. */
export interface RecordedObjects extends Aside {
  readonly table: string;
  /** The column that says whose it is. */
  readonly owner: string;
}

/**
 * What entries are made of: the rows as they are, with every column, so that one which is added later is in the log by
 * itself.
 */
export const RECORDED: Readonly<Record<RecordedType, RecordedObjects>> = {
  endpoint: {
    table: 'endpoints',
    owner: 'organization_id',
    hidden: ['id', 'organization_id', 'updated_at'],
    companions: ['version'],
  },
  token: { table: 'api_tokens', owner: 'organization_id', hidden: ['id', 'organization_id'], companions: [] },
  organization: {
    table: 'organizations',
    owner: 'id',
    hidden: ['id', 'changes_count', 'changes_hash', 'changes_at'],
    companions: [],
  },
};

/** A row as JSON has it: times as ISO 8601 in UTC, and versions as numbers. */
export function toFields(row: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value instanceof Date) return [name, value.toISOString()];
      return [name, name === 'version' ? Number(value) : value];
    }),
  );
}

/** A difference as entries show it: with fingerprints in the place of secrets. */
export function shownDifference(
  type: RecordedType,
  { before, after }: Difference,
  box: SecretBox | null,
  id: string,
): Difference {
  const shown = (fields: Fields | null): Fields | null => {
    if (fields === null) return null;
    const { hash, ...others } = fields;
    const isToken = type === 'token' && typeof hash === 'string';
    return {
      ...withoutSecrets(isToken ? others : fields, box, id),
      ...(isToken ? { token: { fingerprint: fingerprintOfHash(hash) } } : {}),
    };
  };
  return { before: shown(before), after: shown(after) };
}
