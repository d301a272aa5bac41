import type { SecretBox } from '@skillora/signing';
import type { EntityManager } from 'typeorm';

import type { Author } from './author.js';
import { type ChainHead, chained, type Draft } from './chain.js';
import { CHANGE_COLUMNS, CHANGE_RECORD, toRecord } from './change-rows.js';
import { difference, type Difference } from './difference.js';
import { type Action, type Fields, objectTypeOf } from './entry.js';
import { RECORDED, type RecordedType, shownDifference, toFields } from './recorded-objects.js';

/** What is done, and in whose chain it stands. */
export interface Deed {
  readonly organizationId: string;
  readonly action: Action;
}

/** A row of the database, as the driver gives it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** Proves that an act has its entry: see {@link ChangeLog.goOn}. */
export interface LoggedAct {
  readonly organizationId: string;
  readonly entry: true;
}

interface Opened {
  readonly head: ChainHead;
  /** The database's clock, which all instances share, ms since the epoch. */
  readonly now: number;
}

/**
 * The only way to change organisations, tokens and endpoints, and to ask for rounds of deliveries: the change and its
 * entry are one transaction, and the database refuses one without the other.
 *
 * It keeps the organisation, as `lockOrganization` does, before anything else: whatever changes several rows of an
 * organisation takes its locks in this order, so that no two transactions wait for each other. A transaction that changes
 * several organisations takes them in the order of their ids.
 */
export class ChangeLog {
  /** @param box what secrets are sealed with; null where it is not known: their fingerprints are null then. */
  constructor(private readonly box: SecretBox | null) {}

  /**
   * Changes an object. What became different by the work is written down; where nothing did, nothing is.
   * @param id its id, also of one that the work makes. The work gets its row, locked; null when the organisation has none.
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

  /** Changes several objects of an organisation; each that became different has its entry. */
  async changeAll<T>(
    manager: EntityManager,
    author: Author,
    { organizationId, action, ids }: Deed & { readonly ids: readonly string[] },
    work: (before: ReadonlyMap<string, StoredRow>) => Promise<T>,
  ): Promise<T> {
    const type = recordedType(action);
    if (action === 'organization.created') await keepUnborn(manager, organizationId);
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
   * Does what changes no record of an object but is to be in the log.
   * @param work answers with what it comes to, and with what the entry shows; null when there is nothing to be shown.
   * @returns the proof that there is an entry, null when there is none.
   */
  async act<T>(
    manager: EntityManager,
    author: Author,
    { organizationId, action, id }: Deed & { readonly id: string },
    work: () => Promise<{ readonly result: T; readonly shown: Difference | null }>,
  ): Promise<{ readonly result: T; readonly logged: LoggedAct | null }> {
    const opened = await open(manager, organizationId);
    const { result, shown } = await work();
    await append(manager, organizationId, opened, shown ? [draft(author, action, id, shown)] : []);
    return { result, logged: shown && { organizationId, entry: true } };
  }

  /** Goes on, in a transaction of its own, with an act that takes many and has its entry. */
  async goOn<T>(manager: EntityManager, { organizationId }: LoggedAct, work: () => Promise<T>): Promise<T> {
    await open(manager, organizationId);
    const result = await work();
    await close(manager);
    return result;
  }
}

/** With the organisation's id it names an advisory lock. */
const UNBORN_LOCK = 7_214_005;

/** Of an organisation that is not there yet there is no row to be kept: two instances may make it at once. */
async function keepUnborn(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [UNBORN_LOCK, organizationId]);
}

/** Keeps the organisation, and lets the transaction change what is logged. */
async function open(manager: EntityManager, organizationId: string): Promise<Opened> {
  const [row] = await manager.query<
    { now: Date; changes_count: string | null; changes_hash: Buffer | null; changes_at: Date | null }[]
  >(
    `WITH kept AS (
       SELECT changes_count, changes_hash, changes_at FROM organizations WHERE id = $1 FOR NO KEY UPDATE)
     SELECT kept.*, clock_timestamp() AS now, set_config('webhook.change', 'open', true)
       FROM (VALUES (1)) AS always LEFT JOIN kept ON true`,
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

/** What comes after it in the transaction needs an entry of its own. */
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
  if (type === 'delivery') throw new Error(`${action} changes no record: it is an act`);
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
