import type { Actor } from './author.js';
import { type Action, type ChangeEntry, type Fields, objectTypeOf } from './entry.js';

/** An entry as the database has it. */
export interface ChangeRow {
  /** bigint, as the driver gives it. */
  readonly number: string;
  readonly id: string;
  readonly created_at: Date;
  readonly actor_type: Actor['type'];
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly action: Action;
  readonly object_id: string;
  readonly before: Fields | null;
  readonly after: Fields | null;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
}

export const CHANGE_COLUMNS = `number, id, created_at, actor_type, actor_id, actor_name, address, request_id, action,
  object_id, before, after, previous_hash, hash`;

/** The same, as a record of `jsonb_to_recordset`. */
export const CHANGE_RECORD = `number bigint, id uuid, created_at timestamptz, actor_type text, actor_id uuid,
  actor_name text, address text, request_id text, action text, object_id uuid, before jsonb, after jsonb,
  previous_hash bytea, hash bytea`;

/** An entry of a row. */
export function toEntry(row: ChangeRow): ChangeEntry {
  return {
    id: row.id,
    number: Number(row.number),
    created_at: row.created_at.toISOString(),
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    address: row.address,
    request_id: row.request_id,
    action: row.action,
    object_type: objectTypeOf(row.action),
    object_id: row.object_id,
    before: row.before,
    after: row.after,
    previous_hash: row.previous_hash.toString('hex'),
    hash: row.hash.toString('hex'),
  };
}

/** An entry as {@link CHANGE_RECORD} takes it from JSON. */
export function toRecord({ actor, object_type: _, previous_hash, hash, ...entry }: ChangeEntry): object {
  return {
    ...entry,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    previous_hash: `\\x${previous_hash}`,
    hash: `\\x${hash}`,
  };
}
