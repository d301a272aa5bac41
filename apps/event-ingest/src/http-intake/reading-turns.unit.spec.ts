import { ReadingTurns } from './reading-turns.js';

const LARGE = 4 * 1_024 * 1_024;

describe('large bodies', () => {
  it('are read one after the other, and others get their turn in between', async () => {
    const turns = new ReadingTurns();
    const happened: string[] = [];
    let isOver = false;
    const others = (): void => {
      happened.push('others');
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    await Promise.all(
      ['1', '2', '3'].map((name) => turns.of('a', LARGE).then(() => void happened.push(name))),
    );
    isOver = true;
    expect(happened.filter((each) => each !== 'others')).toEqual(['1', '2', '3']);
    for (const name of ['2', '3']) expect(happened[happened.indexOf(name) - 1]).toBe('others');
  });

  it('are read in turn between organisations, however many one has sent', async () => {
    const turns = new ReadingTurns();
    const order: string[] = [];
    const read = (organizationId: string): Promise<void> =>
      turns.of(organizationId, LARGE).then(() => void order.push(organizationId));
    await Promise.all([...Array.from({ length: 5 }, () => read('attacker')), read('neighbour')]);
    expect(order.indexOf('neighbour')).toBe(1);
    expect(order).toHaveLength(6);
  });

  it('are read again after a time in which there was none', async () => {
    const turns = new ReadingTurns();
    await turns.of('a', LARGE);
    const someTurnsOfTheLoop = async (): Promise<void> => {
      for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
    };
    await someTurnsOfTheLoop();
    let isRead = false;
    void turns.of('a', LARGE).then(() => (isRead = true));
    await someTurnsOfTheLoop();
    expect(isRead).toBe(true);
  });

  it('begin at one byte more than a small one has', async () => {
    const turns = new ReadingTurns();
    const order: string[] = [];
    const larger = turns.of('a', 64 * 1_024 + 1).then(() => void order.push('larger'));
    await Promise.all(['1', '2', '3'].map((name) => turns.of('a', 1).then(() => void order.push(name))));
    await larger;
    expect(order).toEqual(['1', '2', '3', 'larger']);
  });

  it('do not hold up small ones', async () => {
    const turns = new ReadingTurns();
    const order: string[] = [];
    const large = turns.of('a', LARGE).then(() => void order.push('large'));
    await turns.of('a', 64 * 1_024).then(() => void order.push('small'));
    await large;
    expect(order).toEqual(['small', 'large']);
  });
});
