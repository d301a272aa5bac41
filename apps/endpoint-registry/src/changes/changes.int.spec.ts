import 'reflect-metadata';

import { createHash, randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { DataSource } from 'typeorm';

import { Organizations } from '../organizations/organizations.js';
import { TokenChanges } from '../organizations/token-changes.js';
import { LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { runAdmin } from '../testing/running-admin.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';
import { operator } from './author.js';
import { ChangeLog } from './change-log.js';
import { type ChangeEntry, genesisHash, hashOf } from './entry.js';

const ENDPOINTS = '/api/v1/webhook-endpoints/';
const CHANGES = '/api/v1/audit/changes/';
const OPERATOR = operator('ada');

let databaseUrl: string;
/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  const env = { DATABASE_URL: databaseUrl, TRUSTED_PROXIES: '127.0.0.1', MAX_ENDPOINTS: '500' };
  instances = [await RunningRegistry.start(env), await RunningRegistry.start(env)];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

interface Page {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: ChangeEntry[];
}

interface Customer {
  readonly organization: string;
  readonly token: string;
  readonly tokenId: string;
  readonly call: (
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
    instance?: number,
  ) => Promise<Answer>;
  /** Makes an endpoint. @returns its id. */
  readonly endpoint: () => Promise<string>;
  /** The newest first. */
  readonly changes: (query?: string) => Promise<ChangeEntry[]>;
}

async function customer(): Promise<Customer> {
  const organization = await instances[0].organization();
  const { token, id: tokenId } = await instances[0].token(organization, SCOPES);
  const call: Customer['call'] = (method, path, body, headers, instance = 0) =>
    instances[instance]!.call(method, path, token, body, headers);
  return {
    ...{ organization, token, tokenId, call },
    endpoint: async () => ((await call('POST', ENDPOINTS, ENDPOINT)).body as { id: string }).id,
    changes: async (query = '') => {
      const { status, body } = await call('GET', `${CHANGES}?${query}`);
      expect(status).toBe(200);
      return (body as Page).results;
    },
  };
}

const fingerprint = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 8);

/** Somebody with the password of a superuser. */
async function byHand(text: string, parameters: unknown[]): Promise<void> {
  const dataSource = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
  await dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL session_replication_role = replica');
    await manager.query(text, parameters);
  });
  await dataSource.destroy();
}

describe('the entry of a change', () => {
  it('says who changed what, from where, and by which request', async () => {
    const { call, tokenId, endpoint, changes } = await customer();
    const id = await endpoint();
    const headers = { 'x-request-id': 'Root=1-abc', 'x-forwarded-for': '203.0.113.9' };
    const answer = await call(
      'PATCH',
      `${ENDPOINTS}${id}/`,
      { description: 'new', is_active: false },
      headers,
    );
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'Root=1-abc']);
    const [entry] = await changes();
    expect(entry).toMatchObject({
      actor: { type: 'token', id: tokenId, name: 'a test' },
      address: '203.0.113.9',
      request_id: 'Root=1-abc',
      action: 'endpoint.updated',
      object_type: 'endpoint',
      object_id: id,
      before: { description: '', is_active: true, version: 1 },
      after: { description: 'new', is_active: false, version: 2 },
    });
    expect(Date.parse(entry!.created_at)).toBeGreaterThan(Date.now() - 600_000);
  });

  it('is of a creation the whole record, with a fingerprint of its secret and nowhere the secret', async () => {
    const { call, organization, changes } = await customer();
    const made = await call('POST', ENDPOINTS, { ...ENDPOINT, description: 'first' });
    const { id, secret } = made.body as { id: string; secret: string };
    const regenerated = await call('POST', `${ENDPOINTS}${id}/regenerate_secret/`, {
      expire_former_after: '1h',
    });
    const { secret: next } = regenerated.body as { secret: string };
    const [second, first] = await changes();
    expect(first).toMatchObject({
      before: null,
      after: { url: ENDPOINT.url, description: 'first', secret: { fingerprint: fingerprint(secret) } },
    });
    expect(second).toMatchObject({
      before: { secret: { fingerprint: fingerprint(secret) }, former_secrets: [] },
      after: {
        secret: { fingerprint: fingerprint(next) },
        former_secrets: [{ secret: { fingerprint: fingerprint(secret) } }],
      },
    });
    const stored = JSON.stringify(
      await instances[0].query('SELECT * FROM changes WHERE organization_id = $1', [organization]),
    );
    const sealed = await instances[0].query<{ sealed_secret: string }>(
      'SELECT sealed_secret FROM endpoints WHERE id = $1',
      [id],
    );
    for (const text of [secret, next, sealed[0]!.sealed_secret, 'v1.']) expect(stored).not.toContain(text);
  });

  it('shows headers and authentication by fingerprints, and says nothing of what is set again as it was', async () => {
    const { call, organization, changes } = await customer();
    const headers = { 'X-Gateway': 'a value of a header' };
    const authentication = { type: 'basic', username: 'me', password: 'a pass of a customer' };
    const { body } = await call('POST', ENDPOINTS, { ...ENDPOINT, headers, authentication });
    const path = `${ENDPOINTS}${(body as { id: string }).id}/`;
    expect((await call('PUT', path, { ...ENDPOINT, headers, authentication })).status).toBe(200);
    await call('PATCH', path, { headers: { 'X-Gateway': null, 'X-Other': 'another value' } });
    const [second, first] = await changes();
    expect([first?.action, second?.action]).toEqual(['endpoint.created', 'endpoint.updated']);
    const sealed = (text: string): unknown => expect.objectContaining({ fingerprint: fingerprint(text) });
    const before = [{ name: 'X-Gateway', value: sealed('a value of a header') }];
    expect(first?.after).toMatchObject({
      headers: before,
      authentication: { type: 'basic', username: 'me', password: sealed('a pass of a customer') },
    });
    expect(second).toMatchObject({
      before: { headers: before },
      after: { headers: [{ name: 'X-Other', value: sealed('another value') }] },
    });
    const stored = JSON.stringify(
      await instances[0].query('SELECT * FROM changes WHERE organization_id = $1', [organization]),
    );
    for (const text of ['a value of', 'a pass of', 'another value', 'v1.'])
      expect(stored).not.toContain(text);
  });

  it('has a field that a later release adds, without anybody remembering it', async () => {
    const { organization, endpoint, changes } = await customer();
    const id = await endpoint();
    await byHand('ALTER TABLE endpoints ADD COLUMN sealed_later text, ADD COLUMN later jsonb', []);
    const deed = { organizationId: organization, action: 'endpoint.updated', id } as const;
    await instances[0]
      .of(DataSource)
      .transaction((manager) =>
        instances[0]
          .of(ChangeLog)
          .change(manager, OPERATOR, deed, () =>
            manager.query(
              `UPDATE endpoints SET later = '{"a":[1]}', sealed_later = 'anything' WHERE id = $1`,
              [id],
            ),
          ),
      );
    expect((await changes())[0]).toMatchObject({
      before: { later: null },
      after: { later: { a: [1] } },
    });
    expect(JSON.stringify(await changes())).not.toContain('anything');
    await byHand('ALTER TABLE endpoints DROP COLUMN sealed_later, DROP COLUMN later', []);
  });
});

describe('what makes no entry', () => {
  it('is a request that changes nothing, or that fails, or that came before with the same key', async () => {
    const { call, endpoint, changes } = await customer();
    const id = await endpoint();
    const key = { 'idempotency-key': randomUUID() };
    const made = await call('POST', ENDPOINTS, ENDPOINT, key);
    expect((await call('DELETE', `${ENDPOINTS}${(made.body as { id: string }).id}/`)).status).toBe(204);
    const before = await changes();

    const answers = [
      await call('PATCH', `${ENDPOINTS}${id}/`, { is_active: true }),
      await call('PUT', `${ENDPOINTS}${id}/`, ENDPOINT),
      await call('POST', ENDPOINTS, ENDPOINT, key),
      await call('POST', ENDPOINTS, { ...ENDPOINT, url: 'nowhere' }),
      await call('DELETE', `${ENDPOINTS}${randomUUID()}/`),
      await call('DELETE', `${ENDPOINTS}${(made.body as { id: string }).id}/`),
      await call('POST', `/api/v1/webhook-deliveries/${randomUUID()}/retry/`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 201, 400, 404, 404, 404]);
    expect(await changes()).toEqual(before);
  });

  it('is a change that is rolled back', async () => {
    const { organization, endpoint, changes, call } = await customer();
    const id = await endpoint();
    const before = await changes();
    const deed = { organizationId: organization, action: 'endpoint.updated', id } as const;
    const failing = instances[0].of(DataSource).transaction((manager) =>
      instances[0].of(ChangeLog).change(manager, OPERATOR, deed, async () => {
        await manager.query("UPDATE endpoints SET description = 'gone' WHERE id = $1", [id]);
        throw new Error('on purpose');
      }),
    );
    await expect(failing).rejects.toThrow('on purpose');
    expect(await changes()).toEqual(before);
    expect((await call('GET', `${ENDPOINTS}${id}/`)).body).toMatchObject({ description: '' });
  });
});

describe('the database', () => {
  it.each([
    ['endpoints', "UPDATE endpoints SET description = 'x' WHERE organization_id = $1"],
    ['organizations', "UPDATE organizations SET name = 'x' WHERE id = $1"],
    ['api_tokens', 'DELETE FROM api_tokens WHERE organization_id = $1'],
    ['requested_rounds', 'INSERT INTO requested_rounds VALUES ($1, 1, now())'],
  ])('refuses a change of %s without an entry', async (table, statement) => {
    const { organization } = await customer();
    const refused = instances[0].of(DataSource).query(statement, [organization]);
    await expect(refused).rejects.toThrow(`rows of ${table} change together with an entry`);
  });

  it('refuses what comes in the same transaction after the entry', async () => {
    const { organization, endpoint } = await customer();
    const id = await endpoint();
    const describe = 'UPDATE endpoints SET description = $2 WHERE id = $1';
    for (const first of ['something else', '']) {
      const refused = instances[0].of(DataSource).transaction(async (manager) => {
        const deed = { organizationId: organization, action: 'endpoint.updated', id } as const;
        const log = instances[0].of(ChangeLog);
        await log.change(manager, OPERATOR, deed, () => manager.query(describe, [id, first]));
        await manager.query(describe, [id, 'without an entry']);
      });
      await expect(refused).rejects.toThrow('together with an entry');
    }
  });

  it.each(['UPDATE changes SET address = NULL', 'DELETE FROM changes', 'TRUNCATE changes'])(
    'refuses: %s',
    async (statement) => {
      await customer();
      await expect(instances[0].of(DataSource).query(statement)).rejects.toThrow('stay as they are');
    },
  );
});

describe('the chain of an organisation', () => {
  it('can be followed by its customer from the answers alone', async () => {
    const { organization, call, endpoint, changes } = await customer();
    const id = await endpoint();
    await call('PATCH', `${ENDPOINTS}${id}/`, {
      description: 'café \u{1f600} <b> \u2028',
      events: ['interview_completed'],
    });
    await call('DELETE', `${ENDPOINTS}${id}/`);
    const entries = (await changes()).reverse();
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1));
    let previous = genesisHash(organization);
    for (const entry of entries) {
      expect(entry.previous_hash).toBe(previous);
      expect(hashOf(entry)).toBe(entry.hash);
      previous = entry.hash;
    }
    expect(entries.map(({ action }) => action)).toEqual([
      'organization.created',
      'token.created',
      'endpoint.created',
      'endpoint.updated',
      'endpoint.deleted',
    ]);
  });

  it('has an entry of each of many changes at once, on two instances, and nobody waits for ever', async () => {
    const { organization, call, endpoint } = await customer();
    const ids = await Promise.all(Array.from({ length: 6 }, () => endpoint()));
    const organizations = new Organizations(instances[1].of(DataSource), instances[1].of(ChangeLog));
    const tokens = instances[1].of(TokenChanges);
    const choice = { name: 'x', scopes: SCOPES, expiresAt: null };
    const before = await numberOfEntries(organization);
    const work = Array.from({ length: 12 }, (_, index) => {
      const id = ids[index % 3]!;
      return [
        call('PATCH', `${ENDPOINTS}${id}/`, { description: String(index) }, {}, index % 2),
        call('POST', `${ENDPOINTS}${id}/regenerate_secret/`, undefined, {}, (index + 1) % 2),
        call('POST', ENDPOINTS, ENDPOINT, {}, index % 2),
        organizations.limitEndpoints(OPERATOR, organization, 600 + index),
        tokens
          .create(OPERATOR, organization, choice)
          .then(({ row }) => tokens.revoke(OPERATOR, { id: row.id })),
        instances[index % 2]!.of(DataSource).transaction((manager) =>
          tokens.ensure(manager, OPERATOR, organization, 'x'.repeat(40), choice),
        ),
      ];
    }).flat();
    const deletions = ids
      .slice(3)
      .map((id, index) => call('DELETE', `${ENDPOINTS}${id}/`, undefined, {}, index % 2));
    for (const done of await Promise.all([...work, ...deletions])) {
      if (done !== null && 'status' in done) expect(done.status).toBeLessThan(300);
    }
    // Each of the twelve: a change, a secret, an endpoint, a limit, and a token made and revoked; a token ensured once.
    expect(await numberOfEntries(organization)).toBe(before + 12 * 6 + 1 + deletions.length);
    expect(await verify(organization)).toMatchObject({ code: 0 });
    const [database] = await instances[0].query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      [],
    );
    expect(database).toEqual({ deadlocks: '0' });
  });
});

async function numberOfEntries(organization: string): Promise<number> {
  const rows = await instances[0].query('SELECT 1 FROM changes WHERE organization_id = $1', [organization]);
  return rows.length;
}

const verify = (organization: string) =>
  runAdmin(databaseUrl, ['changes', 'verify', '--organization', organization]);

describe('changes verify', () => {
  /** Of five entries the fourth: an update. */
  async function tampered(statement: string): Promise<{ organization: string; entries: ChangeEntry[] }> {
    const { organization, call, endpoint, changes } = await customer();
    const id = await endpoint();
    await call('PATCH', `${ENDPOINTS}${id}/`, { is_active: false });
    await call('DELETE', `${ENDPOINTS}${id}/`);
    const entries = (await changes()).reverse();
    expect(await verify(organization)).toMatchObject({
      code: 0,
      stdout: `${organization} 5 ${entries[4]!.hash}`,
      stderr: 'the log of changes holds: entries 5, organisations 1',
    });
    await byHand(statement, [organization]);
    return { organization, entries };
  }

  it.each([
    ['altered', "UPDATE changes SET actor_name = 'somebody else' WHERE organization_id = $1 AND number = 4"],
    [
      'altered in what was different',
      `UPDATE changes SET before = '{"version": 1, "is_active": false}' WHERE organization_id = $1 AND number = 4`,
    ],
  ])('names an entry that was %s', async (_how, statement) => {
    const { organization, entries } = await tampered(statement);
    const { code, stdout, stderr } = await verify(organization);
    expect([code, stdout]).toEqual([1, `${organization} entry 4 (${entries[3]!.id}) was altered`]);
    expect(stderr).toContain('does not hold');
  });

  it.each([
    ['in the middle', 'number = 3', 'entry 3 was removed'],
    ['at the end', 'number >= 4', 'entries 4 to 5 were removed'],
  ])('says which entries were removed %s', async (_where, which, sentence) => {
    const { organization } = await tampered(`DELETE FROM changes WHERE organization_id = $1 AND ${which}`);
    const { code, stdout } = await verify(organization);
    expect([code, stdout]).toEqual([1, `${organization} ${sentence}`]);
  });

  it('names an entry that was added by hand', async () => {
    const { organization } = await tampered(
      `INSERT INTO changes SELECT organization_id, 6, id, created_at, actor_type, actor_id, actor_name, address,
              request_id, action, object_id, before, after, hash, hash
         FROM changes WHERE organization_id = $1 AND number = 5`,
    );
    const { code, stdout } = await verify(organization);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/ entry 6 \([0-9a-f-]{36}\) was added by hand$/),
    ]);
  });

  it('finds it among all organisations, and says so in JSON', async () => {
    const { organization } = await tampered(
      "UPDATE changes SET address = '192.0.2.1' WHERE organization_id = $1 AND number = 1",
    );
    const { code, stdout } = await runAdmin(databaseUrl, ['changes', 'verify', '--json']);
    const chains = JSON.parse(stdout) as { organization_id: string; faults: unknown[] }[];
    const found = chains.find(({ organization_id }) => organization_id === organization);
    expect([code, found?.faults]).toEqual([1, [expect.objectContaining({ kind: 'altered', number: 1 })]]);
  });

  it('knows no organisation that is not there', async () => {
    const { code, stderr } = await verify(randomUUID());
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no organisation')]);
  });
});

describe('the list of changes', () => {
  it('has pages that hold each entry once, in the order of the chain', async () => {
    const { endpoint, call, changes } = await customer();
    for (let made = 0; made < 5; made += 1) await endpoint();
    const all = await changes();
    const found: ChangeEntry[] = [];
    for (let at: string | null = `${CHANGES}?page_size=2`; at !== null;) {
      const { body }: Answer = await call('GET', at);
      found.push(...(body as Page).results);
      at = (body as Page).next;
    }
    expect(found).toEqual(all);
    expect(all.map(({ number }) => number)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('is filtered by object, kind, actor, action and time', async () => {
    const { organization, endpoint, call, tokenId, changes } = await customer();
    const [first, second] = [await endpoint(), await endpoint()];
    await call('PATCH', `${ENDPOINTS}${first}/`, { is_active: false });
    const found = async (query: string): Promise<string[]> =>
      (await changes(query)).map(({ action, object_id }) => `${action} ${object_id}`);
    expect(await found(`object_id=${first}`)).toEqual([
      `endpoint.updated ${first}`,
      `endpoint.created ${first}`,
    ]);
    expect(await found(`object_id=${first}&action=endpoint.created`)).toEqual([`endpoint.created ${first}`]);
    expect(await found('object_type=token')).toEqual([`token.created ${tokenId}`]);
    expect(await found('object_type=token&action=endpoint.created')).toEqual([]);
    expect(await found(`actor_id=${tokenId}&action=endpoint.created`)).toEqual([
      `endpoint.created ${second}`,
      `endpoint.created ${first}`,
    ]);
    expect(await found('action=organization.created')).toEqual([`organization.created ${organization}`]);
    const [newest] = await changes();
    expect(await found(`created_after=${newest!.created_at}`)).toEqual([]);
    expect((await found(`created_before=${newest!.created_at}`)).length).toBeGreaterThan(0);
    expect(await found(`object_id=${tokenId}&actor_id=${tokenId}`)).toEqual([]);
  });

  it('is empty for a delivery and an event that nobody sent again, and 404 for those of others', async () => {
    const { organization, endpoint, changes } = await customer();
    const { call: asOther } = await customer();
    const log = new LogBuilder();
    const event = log.event(randomUUID(), organization);
    const { deliveryId } = log.delivery(event, await endpoint());
    await instances[0].happened(log);
    await instances[0].applied();
    for (const id of [deliveryId, event.id]) {
      expect(await changes(`object_id=${id}`)).toEqual([]);
      expect((await asOther('GET', `${CHANGES}?object_id=${id}`)).status).toBe(404);
    }
  });

  it('says which parameter is bad, and how', async () => {
    const { call } = await customer();
    const { status, body } = await call('GET', `${CHANGES}?object_id=x&object_type=x&action=x&actor_id=x`);
    expect([status, Object.keys(body as object)]).toEqual([
      400,
      ['object_id', 'object_type', 'actor_id', 'action'],
    ]);
  });

  it('ends a page before it is larger than 4 MiB', async () => {
    const { organization, endpoint, call } = await customer();
    const id = await endpoint();
    // As a chain of large entries would be: their hashes are of no matter here.
    await byHand(
      `INSERT INTO changes
       SELECT $1, number + n, gen_random_uuid(), created_at, actor_type, actor_id, actor_name, address, request_id,
              action, object_id, jsonb_build_object('x', repeat('é', 15000)), after, previous_hash, hash
         FROM changes, generate_series(1, 200) AS n WHERE organization_id = $1 AND object_id = '${id}'`,
      [organization],
    );
    let count = 0;
    for (let at: string | null = `${CHANGES}?page_size=200`; at !== null;) {
      const { body }: Answer = await call('GET', at);
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(4 * 1_048_576);
      count += (body as Page).results.length;
      at = (body as Page).next;
    }
    expect(count).toBe(203);
  });
});
