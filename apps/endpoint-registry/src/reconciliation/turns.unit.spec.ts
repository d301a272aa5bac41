import { jest } from '@jest/globals';

import { LeftError, Turns } from './turns.js';

const STAYS = new AbortController().signal;

describe('turns', () => {
  let turns: Turns;
  let begun: string[];
  let end: Map<string, () => void>;

  beforeEach(() => {
    [turns, begun, end] = [new Turns(2), [], new Map()];
  });

  const work = (owner: string, left = STAYS): Promise<string> =>
    turns.run(owner, left, () => {
      begun.push(owner);
      return new Promise((resolve) => end.set(owner, () => resolve(owner)));
    });
  const finish = async (owner: string): Promise<void> => {
    end.get(owner)?.();
    await new Promise(setImmediate);
  };

  it('are had by one at a time, in the order in which they came', async () => {
    const all = Promise.all(['a', 'b', 'c'].map((owner) => work(owner)));
    expect(begun).toEqual(['a']);
    await finish('a');
    expect(begun).toEqual(['a', 'b']);
    await finish('b');
    await finish('c');
    expect(await all).toEqual(['a', 'b', 'c']);
  });

  it('pass on at once: nobody who comes in between takes one', async () => {
    const all = [work('a'), work('b')];
    end.get('a')?.();
    // Now the work of a has ended, and that of b has not begun.
    await Promise.resolve();
    all.push(work('c'));
    await finish('a');
    expect(begun).toEqual(['a', 'b']);
    await finish('b');
    await finish('c');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('are had by an owner once, whether it runs or waits, and again once it has ended', async () => {
    const first = work('a');
    const second = work('b');
    expect([turns.problem('a'), turns.problem('b'), turns.problem('c')]).toEqual([
      'owner_is_here',
      'owner_is_here',
      null,
    ]);
    await finish('a');
    await first;
    expect(turns.problem('a')).toBeNull();
    await finish('b');
    await second;
  });

  it('are waited for by so many, and not by more', async () => {
    const all = Promise.all(['a', 'b', 'c'].map((owner) => work(owner)));
    expect(turns.problem('d')).toBe('too_many_wait');
    await finish('a');
    expect(turns.problem('d')).toBeNull();
    await finish('b');
    await finish('c');
    await all;
  });

  it('pass on when whoever waits leaves, whose work is never begun', async () => {
    const leaver = new AbortController();
    const [first, left, last] = [work('a'), work('b', leaver.signal), work('c')];
    leaver.abort();
    await expect(left).rejects.toThrow(LeftError);
    expect(turns.problem('b')).toBeNull();
    await finish('a');
    await finish('c');
    expect(await Promise.all([first, last])).toEqual(['a', 'c']);
    expect(begun).toEqual(['a', 'c']);
  });

  it('are not had by those who have left before they wait', async () => {
    const first = work('a');
    await expect(work('b', AbortSignal.abort())).rejects.toThrow(LeftError);
    await finish('a');
    await first;
    expect(begun).toEqual(['a']);
  });

  it('are kept by those who wait when one leaves whose work has begun', async () => {
    const leaver = new AbortController();
    const all = [work('a'), work('b', leaver.signal), work('c')];
    await finish('a');
    leaver.abort();
    await finish('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await finish('c');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('go on after work that fails', async () => {
    await expect(turns.run('a', STAYS, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(turns.problem('a')).toBeNull();
    const next = work('b');
    await finish('b');
    expect(await next).toBe('b');
  });

  it('pass on after a while though work has not ended, and its owner has no other meanwhile', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      turns = new Turns(2, 1_000);
      const all = ['stuck', 'next', 'last'].map((owner) => work(owner));
      await jest.advanceTimersByTimeAsync(999);
      expect(begun).toEqual(['stuck']);
      await jest.advanceTimersByTimeAsync(1);
      expect(begun).toEqual(['stuck', 'next']);
      expect(turns.problem('stuck')).toBe('owner_is_here');

      // The place that it has lost is another's by now.
      await finish('stuck');
      expect(turns.problem('stuck')).toBeNull();
      expect(begun).toEqual(['stuck', 'next']);
      await finish('next');
      await finish('last');
      expect(await Promise.all(all)).toEqual(['stuck', 'next', 'last']);
    } finally {
      jest.useRealTimers();
    }
  });
});
