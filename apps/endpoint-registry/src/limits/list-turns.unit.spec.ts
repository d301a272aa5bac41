import { setImmediate as turn } from 'node:timers/promises';

import { RefusalException } from '@skillora/rest';

import { LISTS_AT_ONCE, ListTurns } from './list-turns.js';

/** A list that is read until it is told to end. */
function list(): { read: () => Promise<string>; begun: () => boolean; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  let begun = false;
  return {
    read: () => {
      begun = true;
      return promise;
    },
    begun: () => begun,
    end: () => resolve('page'),
  };
}

describe('the lists of an organisation', () => {
  it('are read a few at a time, in order, while another organisation reads its own', async () => {
    const turns = new ListTurns();
    const lists = Array.from({ length: LISTS_AT_ONCE + 2 }, list);
    const read = lists.map((each) => turns.inTurn('greedy', each.read));
    await turn();
    expect(lists.filter(({ begun }) => begun())).toHaveLength(LISTS_AT_ONCE);
    expect(await turns.inTurn('neighbour', () => Promise.resolve('page'))).toBe('page');

    lists[1]!.end();
    await read[1];
    await turn();
    expect(lists.map(({ begun }) => begun()).slice(LISTS_AT_ONCE)).toEqual([true, false]);
    for (const each of lists) each.end();
    expect(await Promise.all(read)).toEqual(lists.map(() => 'page'));
  });

  it('are refused after too long a wait, and are never read then', async () => {
    const turns = new ListTurns();
    turns.mostWaitMs = 1;
    const lists = Array.from({ length: LISTS_AT_ONCE }, list);
    const read = lists.map((each) => turns.inTurn('greedy', each.read));
    const late = list();
    const refused = await turns.inTurn('greedy', late.read).catch((error: unknown) => error);
    expect(
      refused instanceof RefusalException && [refused.getStatus(), refused.headers['retry-after']],
    ).toEqual([503, '5']);

    for (const each of lists) each.end();
    await Promise.all(read);
    expect(late.begun()).toBe(false);
    expect(await turns.inTurn('greedy', () => Promise.resolve('page'))).toBe('page');
  });

  it('pass their turn on when they fail', async () => {
    const turns = new ListTurns();
    for (let time = 0; time < 2 * LISTS_AT_ONCE; time += 1) {
      await expect(turns.inTurn('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    expect(await turns.inTurn('one', () => Promise.resolve('page'))).toBe('page');
  });
});
