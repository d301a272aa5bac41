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

  it('go on after work that fails', async () => {
    await expect(turns.run('a', STAYS, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(turns.problem('a')).toBeNull();
    const next = work('b');
    await finish('b');
    expect(await next).toBe('b');
  });

  it('pass on after a while though work has not ended, and its owner has no other meanwhile', async () => {
    turns = new Turns(2, 20);
    const stuck = work('a');
    const begins = Promise.withResolvers<string>();
    const next = turns.run('b', STAYS, () => {
      begins.resolve('b has begun');
      return new Promise<string>((resolve) => end.set('b', () => resolve('b')));
    });
    expect(await begins.promise).toBe('b has begun');
    expect(turns.problem('a')).toBe('owner_is_here');
    await finish('b');
    expect(await next).toBe('b');

    await finish('a');
    expect(await stuck).toBe('a');
    expect(turns.problem('a')).toBeNull();
  });
});
