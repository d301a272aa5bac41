import { randomUUID } from 'node:crypto';

import { type ApiTokenState, type EndpointState, retryScheduleOf } from '@skillora/contracts';
import type { DataSource, EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';

/** A state in a compacted topic. */
export interface LoggedState<T> {
  readonly state: T;
  readonly writtenAt: Date;
}

/** What the log knows of the rows that belong to the database. */
export interface LoggedHome {
  readonly endpoints: readonly LoggedState<EndpointState>[];
  readonly tokens: readonly LoggedState<ApiTokenState>[];
}

/** How many rows were added or updated. */
export interface RestoredFigures {
  readonly organizations: number;
  readonly tokens: number;
  readonly endpoints: number;
  /** Endpoints that are in the database, not deleted, and not in the log. */
  readonly unknownToLog: readonly string[];
}

const ROWS_PER_STATEMENT = 1_000;

/**
 * Restores organisations, tokens and endpoints in the database from the log. An endpoint that is equally new
 * or newer in the database stays. Nothing is written to Kafka. Running it again changes nothing.
 */
export async function restoreFromLog(
  dataSource: DataSource,
  by: { readonly log: ChangeLog; readonly author: Author },
  home: LoggedHome,
): Promise<RestoredFigures> {
  const [endpoints, tokens] = [byOrganization(home.endpoints), byOrganization(home.tokens)];
  return dataSource.transaction(async (manager) => {
    const figures = { organizations: 0, tokens: 0, endpoints: 0 };
    // In the order of their ids, in which everything that keeps several organisations takes them.
    for (const id of [...new Set([...endpoints.keys(), ...tokens.keys()])].sort()) {
      const restoring = new OrganizationRestore(manager, by.log, by.author, id);
      figures.organizations += await restoring.organization();
      figures.tokens += await restoring.tokens(tokens.get(id) ?? []);
      figures.endpoints += await restoring.endpoints(endpoints.get(id) ?? []);
    }
    const unknown = await manager.query<{ id: string }[]>(
      'SELECT id FROM endpoints WHERE deleted_at IS NULL AND id <> ALL($1::uuid[]) ORDER BY id',
      [home.endpoints.map(({ state }) => state.id)],
    );
    return { ...figures, unknownToLog: unknown.map(({ id }) => id) };
  });
}

/** What belongs to one organisation; each change has its entry in the log of changes. */
class OrganizationRestore {
  constructor(
    private readonly manager: EntityManager,
    private readonly log: ChangeLog,
    private readonly author: Author,
    private readonly organizationId: string,
  ) {}

  /** @returns how many rows were added, as all methods do. */
  organization(): Promise<number> {
    const ids = [this.organizationId];
    return this.restored('organization.restored', ids, () =>
      changed(
        this.manager,
        `INSERT INTO organizations (id, name)
         SELECT id, 'Restored ' || id FROM unnest($1::uuid[]) AS known (id) ON CONFLICT DO NOTHING RETURNING 1`,
        [ids],
      ),
    );
  }

  tokens(tokens: readonly LoggedState<ApiTokenState>[]): Promise<number> {
    return inParts(tokens, (part) => {
      const rows = part.map(({ state, writtenAt }) => ({ ...state, id: randomUUID(), writtenAt }));
      const ids = rows.map(({ id }) => id);
      return this.restored('token.restored', ids, () => restoreTokens(this.manager, rows));
    });
  }

  endpoints(endpoints: readonly LoggedState<EndpointState>[]): Promise<number> {
    return inParts(endpoints, (part) => {
      const ids = part.map(({ state }) => state.id.toLowerCase());
      return this.restored('endpoint.restored', ids, () => restoreEndpoints(this.manager, part));
    });
  }

  private restored(
    action: 'organization.restored' | 'token.restored' | 'endpoint.restored',
    ids: readonly string[],
    work: () => Promise<number>,
  ): Promise<number> {
    const { organizationId } = this;
    return this.log.changeAll(this.manager, this.author, { organizationId, action, ids }, work);
  }
}

function byOrganization<T extends { readonly organizationId: string }>(
  states: readonly LoggedState<T>[],
): Map<string, LoggedState<T>[]> {
  const found = new Map<string, LoggedState<T>[]>();
  for (const each of states) {
    const id = each.state.organizationId.toLowerCase();
    const some = found.get(id);
    if (some) some.push(each);
    else found.set(id, [each]);
  }
  return found;
}

/** A token that the database knows, revoked or not, is not changed. */
function restoreTokens(
  manager: EntityManager,
  tokens: readonly (ApiTokenState & { readonly id: string; readonly writtenAt: Date })[],
): Promise<number> {
  return changed(
    manager,
    `INSERT INTO api_tokens (id, hash, organization_id, name, scopes, created_at, expires_at)
     SELECT (t ->> 'id')::uuid, t ->> 'hash', (t ->> 'organizationId')::uuid, 'restored',
            ARRAY(SELECT jsonb_array_elements_text(t -> 'scopes')), (t ->> 'writtenAt')::timestamptz,
            (t ->> 'expiresAt')::timestamptz
       FROM jsonb_array_elements($1::jsonb) AS t
     ON CONFLICT (hash) DO NOTHING RETURNING 1`,
    [JSON.stringify(tokens)],
  );
}

function restoreEndpoints(
  manager: EntityManager,
  endpoints: readonly LoggedState<EndpointState>[],
): Promise<number> {
  const rows = endpoints.map(({ state, writtenAt }) => ({
    ...state,
    description: state.description ?? '',
    createdAt: state.createdAt ?? writtenAt,
    formerSecrets: state.formerSecrets ?? [],
    headers: state.headers ?? [],
    authentication: state.authentication ?? null,
    retrySchedule: retryScheduleOf(state),
    disabledReason: state.disabled?.reason ?? null,
    disabledAt: state.disabled?.at ?? null,
    enabledAt: state.enabledAt ?? null,
    writtenAt,
  }));
  return changed(
    manager,
    `INSERT INTO endpoints AS known (id, organization_id, version, url, events, description, is_active, sealed_secret,
                                     former_secrets, headers, authentication, filter, retry_schedule,
                                     disabled_reason, disabled_at, enabled_at, rate_limit, held_since,
                                     created_at, updated_at)
     SELECT (e ->> 'id')::uuid, (e ->> 'organizationId')::uuid, (e ->> 'version')::bigint, e ->> 'url',
            ARRAY(SELECT jsonb_array_elements_text(e -> 'events')), e ->> 'description', (e ->> 'isActive')::boolean,
            e ->> 'sealedSecret', e -> 'formerSecrets', e -> 'headers', nullif(e -> 'authentication', 'null'),
            (e -> 'filter')::json, e ->> 'retrySchedule', e ->> 'disabledReason', (e ->> 'disabledAt')::timestamptz,
            (e ->> 'enabledAt')::timestamptz, (e ->> 'rateLimit')::smallint, (e ->> 'heldSince')::timestamptz,
            (e ->> 'createdAt')::timestamptz, (e ->> 'writtenAt')::timestamptz
       FROM jsonb_array_elements($1::jsonb) AS e
     ON CONFLICT (id) DO UPDATE
       SET version = excluded.version, url = excluded.url, events = excluded.events, description = excluded.description,
           is_active = excluded.is_active, sealed_secret = excluded.sealed_secret,
           former_secrets = excluded.former_secrets, headers = excluded.headers,
           authentication = excluded.authentication, filter = excluded.filter,
           retry_schedule = excluded.retry_schedule, disabled_reason = excluded.disabled_reason,
           disabled_at = excluded.disabled_at,
           enabled_at = excluded.enabled_at, rate_limit = excluded.rate_limit, held_since = excluded.held_since,
           updated_at = excluded.updated_at
       WHERE known.version < excluded.version
     RETURNING 1`,
    [JSON.stringify(rows)],
  );
}

async function changed(manager: EntityManager, statement: string, parameters: unknown[]): Promise<number> {
  return (await manager.query<unknown[]>(statement, parameters)).length;
}

async function inParts<T>(all: readonly T[], work: (part: readonly T[]) => Promise<number>): Promise<number> {
  let sum = 0;
  for (let at = 0; at < all.length; at += ROWS_PER_STATEMENT) {
    sum += await work(all.slice(at, at + ROWS_PER_STATEMENT));
  }
  return sum;
}
