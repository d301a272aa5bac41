import { OrganizationTurns } from './organization-turns.js';

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const work = { begun: false, run: () => ((work.begun = true), promise), resolve, reject };
  return work;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('requests that lock an organisation', () => {
  it('go one after the other, while those of another go meanwhile', async () => {
    const turns = new OrganizationTurns();
    const [first, second, other] = [held(), held(), held()];
    const answers = [
      turns.inTurn('a', first.run),
      turns.inTurn('a', second.run),
      turns.inTurn('b', other.run),
    ];
    await settled();
    expect([first.begun, second.begun, other.begun]).toEqual([true, false, true]);

    other.resolve('other');
    first.resolve('first');
    await settled();
    expect(second.begun).toBe(true);
    second.resolve('second');
    expect(await Promise.all(answers)).toEqual(['first', 'second', 'other']);
  });

  it('are not stopped by one that fails', async () => {
    const turns = new OrganizationTurns();
    const [first, second] = [held(), held()];
    const failed = turns.inTurn('a', first.run);
    const next = turns.inTurn('a', second.run);
    first.reject(new Error('refused'));
    await expect(failed).rejects.toThrow('refused');
    second.resolve('second');
    expect(await next).toBe('second');
  });

  it('wait some seconds and no longer, and do nothing then', async () => {
    const turns = new OrganizationTurns();
    turns.mostWaitMs = 20;
    const [first, second, third] = [held(), held(), held()];
    const stuck = turns.inTurn('a', first.run);
    await expect(turns.inTurn('a', second.run)).rejects.toMatchObject({ status: 503 });
    // Those that come later do not pass by what is under way either.
    await expect(turns.inTurn('a', third.run)).rejects.toMatchObject({ status: 503 });
    expect([first.begun, second.begun, third.begun]).toEqual([true, false, false]);

    first.resolve('first');
    expect(await stuck).toBe('first');
    const next = held();
    next.resolve('next');
    expect(await turns.inTurn('a', next.run)).toBe('next');
  });
});
