import { createHash } from 'node:crypto';

import type { Actor } from './author.js';
import { canonicalJson } from './canonical-json.js';

/** What kinds of objects changes are about. */
export const OBJECT_TYPES = ['endpoint', 'token', 'organization', 'delivery', 'event'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

/** What is done to each kind of object. The part before the dot is the kind. */
export const ACTIONS = [
  'endpoint.created',
  'endpoint.updated',
  'endpoint.deleted',
  'endpoint.disabled',
  'endpoint.secret_regenerated',
  'endpoint.secret_resealed',
  'endpoint.held',
  'endpoint.resumed',
  // Only former releases wrote it, and their entries stay.
  'endpoint.replayed',
  'endpoint.recovery_created',
  'endpoint.recovery_cancelled',
  'endpoint.withdrawn',
  'endpoint.blanked',
  'endpoint.restored',
  'token.created',
  'token.updated',
  'token.revoked',
  'token.restored',
  'organization.created',
  'organization.updated',
  'organization.restored',
  'organization.dead_letters_redriven',
  'delivery.retried',
  'delivery.resent',
  'event.resent',
] as const;
export type Action = (typeof ACTIONS)[number];

/** The kind of object that an action is done to. */
export function objectTypeOf(action: Action): ObjectType {
  const [type = ''] = action.split('.');
  const known = OBJECT_TYPES.find((each) => each === type);
  if (known === undefined) throw new Error(`the action ${action} names no kind of object`);
  return known;
}

/** Fields of an object, as far as an entry shows them. */
export type Fields = Readonly<Record<string, unknown>>;

/** An entry of the log of changes, as the API shows it and as it is hashed. */
export interface ChangeEntry {
  /** Ids are in the order of the chain. */
  readonly id: string;
  /** The place in the organisation's chain, from 1 on, without a gap. */
  readonly number: number;
  /** ISO 8601 in UTC; never earlier than that of the entry before. */
  readonly created_at: string;
  readonly actor: Actor;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly action: Action;
  readonly object_type: ObjectType;
  readonly object_id: string;
  /** What was different before; null where there was nothing. */
  readonly before: Fields | null;
  /** What is different since; null where there is nothing. */
  readonly after: Fields | null;
  readonly previous_hash: string;
  /** SHA-256 of {@link canonicalJson} of all other fields, lower-case hex. */
  readonly hash: string;
}

/** The hash of an entry, computed from its other fields. */
export function hashOf({ hash: _, ...content }: Omit<ChangeEntry, 'hash'> & { hash?: string }): string {
  return sha256(canonicalJson(content));
}

/** What the first entry of an organisation has as its previous hash. It ties the chain to the organisation. */
export function genesisHash(organizationId: string): string {
  return sha256(organizationId.toLowerCase());
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
