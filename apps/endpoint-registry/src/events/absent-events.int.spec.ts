import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { SCOPES, Topics } from '@skillora/contracts';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { LogBuilder } from '../projection/testing/history.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

const PATHS = {
  'an event': (id: string) => `/api/v1/webhook-events/${id}/`,
  'its deliveries': (id: string) => `/api/v1/webhook-events/${id}/deliveries/`,
};
const ask = (path: string): Promise<Answer> => registry.call('GET', path, token);

/** An event in the log. @returns its id. */
async function accepted(): Promise<string> {
  const log = new LogBuilder();
  const { id } = log.event(randomUUID(), organization);
  await registry.happened(log);
  return id;
}

/** How often `work` looked for an event in the database. */
async function looks(work: () => Promise<unknown>): Promise<number> {
  const spy = jest.spyOn(registry.of(DataSource), 'query');
  try {
    await work();
    return spy.mock.calls.filter(([text]) => text.includes('FROM events WHERE')).length;
  } finally {
    spy.mockRestore();
  }
}

describe('an event that does not exist', () => {
  it.each(Object.entries(PATHS))('costs one query, however it is asked for (%s)', async (_, path) => {
    const known = await accepted();
    await eventually(async () => expect((await ask(path(known))).status).toBe(200));
    // Other specs write to the log too: where one does meanwhile, the projection is behind for a moment.
    await eventually(async () => {
      const counted = await looks(async () => expect((await ask(path(randomUUID()))).status).toBe(404));
      expect(counted).toBe(1);
    });
  });

  it('is asked for by many at once, and one that exists is answered beside them', async () => {
    const known = await accepted();
    await eventually(async () => expect((await ask(PATHS['an event'](known))).status).toBe(200));
    const attack = Array.from({ length: 100 }, () => ask(PATHS['an event'](randomUUID())));
    const neighbours = await Promise.all(Array.from({ length: 10 }, () => ask(PATHS['an event'](known))));
    expect(neighbours.map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
    expect((await Promise.all(attack)).every(({ status }) => status === 404)).toBe(true);
  });
});

describe('an event that was accepted a moment ago', () => {
  it('is waited for while the projection is behind', async () => {
    const runner = registry.of(DataSource).createQueryRunner();
    await runner.connect();
    try {
      // The projection waits for its row: it is behind until this lets go.
      await runner.startTransaction();
      await runner.query('SELECT 1 FROM projection_offsets WHERE topic = $1 FOR UPDATE', [Topics.events]);
      const id = await accepted();
      // On a slow machine the moment may be over with the first look.
      await eventually(async () => {
        const seen = await looks(async () => expect((await ask(PATHS['an event'](id))).status).toBe(404));
        expect(seen).toBeGreaterThan(1);
      });
      await runner.commitTransaction();
      await eventually(async () => expect((await ask(PATHS['an event'](id))).status).toBe(200));
    } finally {
      await runner.release();
    }
  });
});
