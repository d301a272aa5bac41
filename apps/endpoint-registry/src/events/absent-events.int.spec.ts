import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { SCOPES, Topics } from '@skillora/contracts';
import { eventually } from '@skillora/testing';
import { partitionOfKey } from '@skillora/kafka';
import { DataSource } from 'typeorm';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

let registry: RunningRegistry;
let organization: string;
let token: string;
/** The token of an organisation whose events are in another partition. */
let otherToken: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
  let other = await registry.organization();
  while (partitionOf(other) === partitionOf(organization)) other = await registry.organization();
  ({ token: otherToken } = await registry.token(other, SCOPES));
});

afterAll(() => registry.stop());

const PATHS = {
  'an event': (id: string) => `/api/v1/webhook-events/${id}/`,
  'its deliveries': (id: string) => `/api/v1/webhook-events/${id}/deliveries/`,
};
const ask = (path: string, whose = token): Promise<Answer> => registry.call('GET', path, whose);
/** The services of these tests make topics of three partitions. */
const partitionOf = (id: string): number => partitionOfKey(id, 3);

/** An event in the log. @returns its id. */
async function accepted(): Promise<string> {
  const log = new LogBuilder();
  const { id } = log.event(randomUUID(), organization);
  await registry.happened(log);
  return id;
}

/** How often `work` looked for an event in the database, or for how far the projection has read. */
async function looks(work: () => Promise<unknown>): Promise<number> {
  const spy = jest.spyOn(registry.reading, 'query');
  try {
    await work();
    return spy.mock.calls.filter(([text]) => /FROM (events|projection_offsets) WHERE/.test(text)).length;
  } finally {
    spy.mockRestore();
  }
}

/** Resolves when somebody has looked for an event. */
async function looksBegin(): Promise<void> {
  const spy = jest.spyOn(registry.reading, 'query');
  try {
    await eventually(() =>
      expect(spy.mock.calls.some(([text]) => text.includes('FROM events WHERE'))).toBe(true),
    );
  } finally {
    spy.mockRestore();
  }
}

/** The projection is behind until the work has ended, as it always is a little while events come in. */
async function behind<T>(work: () => Promise<T>): Promise<T> {
  return registry.of(DataSource).transaction(async (manager) => {
    await manager.query('SELECT 1 FROM projection_offsets WHERE topic = $1 FOR UPDATE', [Topics.events]);
    return work();
  });
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

describe('while events come in all the time', () => {
  beforeAll(async () => {
    const known = await accepted();
    await eventually(async () => expect((await ask(PATHS['an event'](known))).status).toBe(200));
  });

  it('an event that does not exist costs two queries, and one more a tick for all that ask', async () => {
    const many = 60;
    // On a slow machine the moment of each may be over with its first look.
    await eventually(async () => {
      const began = Date.now();
      const counted = await behind(async () => {
        await accepted();
        return looks(async () => {
          const asked = Array.from({ length: many }, () => ask(PATHS['an event'](randomUUID())));
          for (const { status } of await Promise.all(asked)) expect(status).toBe(404);
        });
      });
      const ticks = (Date.now() - began) / 100;
      expect(counted).toBeGreaterThan(many);
      expect(counted).toBeLessThanOrEqual(2 * many + ticks + 1);
    });
  });

  it('it costs one query where the organisation’s own events have been read, whatever others send', async () => {
    // Where other specs have just written to its partition, the projection is behind there for a moment.
    await eventually(async () => {
      const counted = await behind(async () => {
        await accepted();
        return looks(async () => {
          expect((await ask(PATHS['an event'](randomUUID()), otherToken)).status).toBe(404);
        });
      });
      expect(counted).toBe(1);
    });
  });
});

describe('an event that was accepted a moment ago', () => {
  it('is waited for while the projection is behind', async () => {
    const id = await behind(async () => {
      const made = await accepted();
      // On a slow machine the moment may be over with the first look.
      await eventually(async () => {
        const seen = await looks(async () => expect((await ask(PATHS['an event'](made))).status).toBe(404));
        expect(seen).toBeGreaterThan(1);
      });
      return made;
    });
    await eventually(async () => expect((await ask(PATHS['an event'](id))).status).toBe(200));
  });

  it('is answered once the projection has read it, within the same request', async () => {
    // On a slow machine the moment may be over too early.
    await eventually(async () => {
      let answer: Promise<Answer> | undefined;
      await behind(async () => {
        const id = await accepted();
        const begun = looksBegin();
        answer = ask(PATHS['an event'](id));
        await begun;
      });
      expect((await answer)?.status).toBe(200);
    });
  });
});
