import type { SecretBox } from '@skillora/signing';
import type { EntityManager } from 'typeorm';

import type { Author } from './author.js';
import { type ChainHead, chained, type Draft } from './chain.js';
import { CHANGE_COLUMNS, CHANGE_RECORD, toRecord } from './change-rows.js';
import { difference, type Difference } from './difference.js';
import { type Action, type Fields, objectTypeOf } from './entry.js';
import { RECORDED, type RecordedType, shownDifference, toFields } from './recorded-objects.js';

/** An action, and the organisation whose chain gets the entry. */
export interface Deed {
  readonly organizationId: string;
  readonly action: Action;
}

/** A row of the database, as the driver gives it. */
export type StoredRow = Readonly<Record<string, unknown>>;

interface Opened {
  readonly head: ChainHead;
  /** The database's clock, which all instances share, ms since the epoch. */
  readonly now: number;
}

/**
 * The only way to change organisations, tokens and endpoints, and to ask for rounds of deliveries: the change and its
 * entry are one transaction, and the database refuses one without the other.
 *
 * It first locks the row of the organisation, as `lockOrganization` does, then the rows of its objects. Every transaction
 * locks in this order, so no two can wait for each other. A transaction that changes several organisations locks them in
 * the order of their ids.
 */
export class ChangeLog {
  /** @param box opens secrets for their fingerprints; null if SECRETS_KEY is not known: fingerprints are null then. */
  constructor(private readonly box: SecretBox | null) {}

  /**
   * Changes an object, and writes an entry with the fields that the work changed. Without a difference there is no entry.
   * @param deed.id the id of the object, also of one that the work creates.
   * @param work gets the locked row of the object; null if the organisation has no such object.
   * @throws whatever the work throws.
   */
  async change<T>(
    manager: EntityManager,
    author: Author,
    deed: Deed & { readonly id: string },
    work: (before: StoredRow | null) => Promise<T>,
  ): Promise<T> {
    const id = deed.id.toLowerCase();
    return this.changeAll(manager, author, { ...deed, ids: [id] }, (rows) => work(rows.get(id) ?? null));
  }

  /** Changes several objects of an organisation; each object that differs afterwards gets an entry. */
  async changeAll<T>(
    manager: EntityManager,
    author: Author,
    { organizationId, action, ids }: Deed & { readonly ids: readonly string[] },
    work: (before: ReadonlyMap<string, StoredRow>) => Promise<T>,
  ): Promise<T> {
    const type = recordedType(action);
    if (action === 'organization.created') await lockNewOrganization(manager, organizationId);
    const opened = await open(manager, organizationId);
    const before = await readRows(manager, type, organizationId, ids, 'FOR NO KEY UPDATE');
    const result = await work(before);
    const after = await readRows(manager, type, organizationId, ids);
    const drafts = ids.flatMap((id) => {
      const found = difference(fields(before.get(id)), fields(after.get(id)), RECORDED[type]);
      return found ? [draft(author, action, id, shownDifference(type, found, this.box, id))] : [];
    });
    await append(manager, organizationId, opened, drafts);
    return result;
  }

  /**
   * Does something that belongs in the log and changes no row of an object: a retry, a recovery.
   * @param work returns its result and the fields that the entry shows; null for no entry.
   * @returns the result of the work.
   */
  async act<T>(
    manager: EntityManager,
    author: Author,
    { organizationId, action, id }: Deed & { readonly id: string },
    work: () => Promise<{ readonly result: T; readonly shown: Difference | null }>,
  ): Promise<T> {
    const opened = await open(manager, organizationId);
    const { result, shown } = await work();
    await append(manager, organizationId, opened, shown ? [draft(author, action, id, shown)] : []);
    return result;
  }

  /** Continues an act that has its entry and needs several transactions. @returns the result of the work. */
  async goOn<T>(manager: EntityManager, organizationId: string, work: () => Promise<T>): Promise<T> {
    await open(manager, organizationId);
    const result = await work();
    await close(manager);
    return result;
  }
}

/** The key of an advisory lock, together with the id of the organisation. */
const NEW_ORGANIZATION_LOCK = 7_214_005;

/** An organisation that does not exist yet has no row to lock, and two instances may create it at once. */
async function lockNewOrganization(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [
    NEW_ORGANIZATION_LOCK,
    organizationId,
  ]);
}

/** Locks the organisation, and lets the transaction change the tables that are logged. */
async function open(manager: EntityManager, organizationId: string): Promise<Opened> {
  const [row] = await manager.query<
    { now: Date; changes_count: string | null; changes_hash: Buffer | null; changes_at: Date | null }[]
  >(
    `WITH locked AS (
       SELECT changes_count, changes_hash, changes_at FROM organizations WHERE id = $1 FOR NO KEY UPDATE)
     SELECT locked.*, clock_timestamp() AS now, set_config('webhook.change', 'open', true)
       FROM (VALUES (1)) AS always LEFT JOIN locked ON true`,
    [organizationId],
  );
  if (!row) throw new Error('a query that always has a row had none');
  return {
    head: {
      count: Number(row.changes_count ?? 0),
      hash: row.changes_hash?.toString('hex') ?? null,
      at: row.changes_at?.getTime() ?? null,
    },
    now: row.now.getTime(),
  };
}

/** Further changes of the transaction are refused, unless they have an entry of their own. */
async function close(manager: EntityManager): Promise<void> {
  await manager.query("SELECT set_config('webhook.change', '', true)");
}

async function append(
  manager: EntityManager,
  organizationId: string,
  { head, now }: Opened,
  drafts: readonly Draft[],
): Promise<void> {
  if (drafts.length === 0) return close(manager);
  const { entries, head: after } = chained(organizationId, head, drafts, now);
  await manager.query(
    `WITH added AS (
       INSERT INTO changes (organization_id, ${CHANGE_COLUMNS})
       SELECT $1, ${CHANGE_COLUMNS} FROM jsonb_to_recordset($2::jsonb) AS entry (${CHANGE_RECORD}))
     UPDATE organizations SET changes_count = $3, changes_hash = decode($4, 'hex'), changes_at = $5 WHERE id = $1
     RETURNING set_config('webhook.change', '', true)`,
    [
      organizationId,
      JSON.stringify(entries.map(toRecord)),
      after.count,
      after.hash,
      after.at === null ? null : new Date(after.at),
    ],
  );
}

async function readRows(
  manager: EntityManager,
  type: RecordedType,
  organizationId: string,
  ids: readonly string[],
  lock = '',
): Promise<Map<string, StoredRow>> {
  const { table, owner } = RECORDED[type];
  const rows = await manager.query<(StoredRow & { id: string })[]>(
    `SELECT * FROM ${table} WHERE id = ANY($1::uuid[]) AND ${owner} = $2 ORDER BY id ${lock}`,
    [ids, organizationId],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function recordedType(action: Action): RecordedType {
  const type = objectTypeOf(action);
  if (type === 'delivery' || type === 'event') throw new Error(`${action} changes no record: it is an act`);
  return type;
}

function fields(row: StoredRow | undefined): Fields | null {
  return row === undefined ? null : toFields(row);
}

function draft({ actor, address, requestId }: Author, action: Action, id: string, shown: Difference): Draft {
  return {
    actor,
    address,
    request_id: requestId,
    action,
    object_type: objectTypeOf(action),
    object_id: id,
    ...shown,
  };
}
