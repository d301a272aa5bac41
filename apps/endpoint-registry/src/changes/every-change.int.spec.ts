import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES, Topics } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { RecordProducer } from '@skillora/kafka';
import { eventually } from '@skillora/testing';

import type { Admin } from '../admin/admin.js';
import { COMMANDS, TOP_LEVEL_COMMANDS } from '../admin/commands.js';
import { letterHeaders } from '../dead-letters/testing/letters.js';
import { LogBuilder } from '../projection/testing/log-builder.js';
import {
  CHANGING_COMMANDS,
  CHANGING_ROUTES,
  type ChangingCommand,
  type ChangingRoute,
  type Harmless,
  type Scene,
} from '../testing/change-matrix.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { runAdmin } from '../testing/running-admin.js';
import { RunningRegistry } from '../testing/running-registry.js';
import type { ChangeEntry } from './entry.js';

const [OLD_KEY, NEW_KEY] = [7, 8].map((byte) => Buffer.alloc(32, byte).toString('base64'));
const KEYS = { SECRETS_KEY: `${NEW_KEY ?? ''},${OLD_KEY ?? ''}` };

let databaseUrl: string;
let registry: RunningRegistry;

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  registry = await RunningRegistry.start({ DATABASE_URL: databaseUrl, SECRETS_KEY: OLD_KEY });
});

afterAll(() => registry.stop());

/** An organisation of its own, with all there is to be changed. */
async function scene(): Promise<Scene & { readonly token: string }> {
  const organization = await registry.organization();
  const { token } = await registry.token(organization, SCOPES);
  const { id: tokenId } = await registry.token(organization, SCOPES);
  const made = await registry.call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
  const endpoint = (made.body as { id: string }).id;
  const log = new LogBuilder();
  const event = log.event(randomUUID(), organization);
  const delivery = log.delivery(event, endpoint);
  log.result(delivery, { status: 'failed' });
  await registry.happened(log);
  await eventually(async () => {
    const { body } = await registry.call('GET', `/api/v1/webhook-deliveries/${delivery.deliveryId}/`, token);
    expect(body).toMatchObject({ status: 'failed' });
    const read = await registry.call('GET', `/api/v1/webhook-events/${event.id}/`, token);
    expect(read.status).toBe(200);
  });
  return { organization, token, tokenId, endpoint, delivery: delivery.deliveryId, event: event.id };
}

/** Begins a recovery of its failed delivery. Nobody makes the attempt here, so it does not end. @returns its id. */
async function recoveryOf({ token, endpoint }: Scene & { readonly token: string }): Promise<string> {
  const body = { since: '2020-01-01', what: 'failed' };
  const path = `/api/v1/webhook-endpoints/${endpoint}/recoveries/`;
  const made = await registry.call('POST', path, token, body);
  expect(made.status).toBe(202);
  return (made.body as { id: string }).id;
}

/** Its entries, the newest first. */
async function entries(token: string): Promise<ChangeEntry[]> {
  const { status, body } = await registry.call('GET', '/api/v1/audit/changes/', token);
  expect(status).toBe(200);
  return (body as { results: ChangeEntry[] }).results;
}

const isHarmless = (row: object): row is Harmless => 'harmless' in row;

describe('every route that changes something', () => {
  it('has its row in the matrix', () => {
    const changing = registry.routes.filter((route) => !/^(GET|HEAD|OPTIONS) /.test(route));
    expect(changing.map((route) => route.replace(/\/$/, ''))).toEqual(Object.keys(CHANGING_ROUTES).sort());
  });

  it.each(
    Object.entries(CHANGING_ROUTES).filter((row): row is [string, ChangingRoute] => !isHarmless(row[1])),
  )('%s makes one entry, which says who did it', async (route, { action, object, body, after }) => {
    const made = await scene();
    const recovery = route.includes(':recovery_id') ? await recoveryOf(made) : '';
    const call = (called: string) => {
      const [method = '', path = ''] = called.split(' ');
      const named = path.replace(':id', object ? made[object] : '').replace(':recovery_id', recovery);
      return registry.call(method, `${named}/`, made.token, body);
    };
    if (after !== undefined) expect((await call(after)).status).toBe(200);
    const before = await entries(made.token);
    const answer = await call(route);
    expect(answer.status).toBeLessThan(300);
    const [entry, ...others] = await entries(made.token);
    expect(others).toEqual(before);
    const { id } = (answer.body ?? {}) as { id?: string };
    expect(entry).toMatchObject({
      action,
      object_id: object ? made[object] : id,
      actor: { type: 'token', name: 'a test' },
      request_id: answer.headers.get('x-request-id'),
      address: '127.0.0.1',
    });
  });
});

/** Every subcommand by its name, as an operator says it. */
function commandNames(): string[] {
  const nobody = {} as Admin;
  const grouped = Object.entries(COMMANDS).flatMap(([group, { subcommands }]) =>
    subcommands.map((make) => `${group} ${make(nobody).name()}`),
  );
  return [...grouped, ...TOP_LEVEL_COMMANDS.map((make) => make(nobody).name())];
}

describe('every command of an operator that changes something', () => {
  it('has its row in the matrix', () => {
    expect(commandNames().sort()).toEqual(Object.keys(CHANGING_COMMANDS).sort());
  });

  it.each(
    Object.entries(CHANGING_COMMANDS).filter((row): row is [string, ChangingCommand] => !isHarmless(row[1])),
  )('%s makes an entry, which says that an operator did it', async (command, { action, args }) => {
    const made = await scene();
    let [url, changed] = [databaseUrl, made];
    if (command === 'endpoints resume') await runAdmin(url, ['endpoints', 'pause', made.endpoint]);
    if (command === 'restore') url = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
    if (command === 'organizations create') changed = { ...made, organization: randomUUID() };
    if (command === 'dead-letters redrive') {
      const key = made.organization;
      await registry
        .of(RecordProducer)
        .send([
          { topic: Topics.interviewCompletionsDeadLetter, key, value: null, headers: letterHeaders({}) },
        ]);
    }
    const count = async (): Promise<number> =>
      (await registry.query('SELECT 1 FROM changes WHERE organization_id = $1', [changed.organization]))
        .length;
    const before = await count();
    expect(await runAdmin(url, [...command.split(' '), ...args(changed)], KEYS)).toMatchObject({ code: 0 });

    if (command === 'restore') {
      const found = await runAdmin(url, ['changes', 'verify', '--organization', made.organization]);
      expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 4 [0-9a-f]{64}$/) });
      return;
    }
    expect(await count()).toBe(before + 1);
    const [row] = await registry.query<{ action: string; actor_type: string; actor_name: string }>(
      `SELECT action, actor_type, actor_name FROM changes WHERE organization_id = $1
        ORDER BY number DESC LIMIT 1`,
      [changed.organization],
    );
    expect(row).toEqual({ action, actor_type: 'operator', actor_name: expect.any(String) });
  });

  it('endpoints resume undoes a hold and a pause, each with its entry, and changes nothing the second time', async () => {
    const { endpoint, token } = await scene();
    const run = async (command: string): Promise<string> => {
      const { code, stderr } = await runAdmin(databaseUrl, ['endpoints', command, endpoint]);
      expect(code).toBe(0);
      return stderr;
    };
    const actions = async () => (await entries(token)).map(({ action }) => action);
    const before = await actions();
    expect(await run('hold')).toMatch(/ is active, and held since \d{4}-/);
    const held = await registry.call('GET', `/api/v1/webhook-endpoints/${endpoint}/`, token);
    expect(await run('hold')).toContain((held.body as { held_since: string }).held_since);
    expect(await run('pause')).toMatch(/ is inactive, and held since \d{4}-/);
    expect(await run('resume')).toMatch(/ is active$/);
    const resumed = await registry.call('GET', `/api/v1/webhook-endpoints/${endpoint}/`, token);
    expect(resumed.body).toMatchObject({ is_active: true, held_since: null });
    expect(await run('resume')).toMatch(/ is active$/);
    expect(await actions()).toEqual([
      ...['endpoint.resumed', 'endpoint.updated', 'endpoint.updated', 'endpoint.held'],
      ...before,
    ]);
  });
});
