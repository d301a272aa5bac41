import { Readiness } from './readiness.js';

/** Remembers what is logged. */
class Log {
  readonly lines: { part?: string; err?: unknown }[] = [];
  warn(fields: object): void {
    this.lines.push(fields);
  }
}

describe('readiness', () => {
  const ready = (log = new Log()): Readiness => new Readiness(log as never);

  it('names parts that wait, and nothing of those that work', async () => {
    const readiness = ready();
    readiness.register('tokens', () => 'reading the tokens');
    readiness.register('producer', () => null);
    expect(await readiness.problems()).toEqual({ tokens: 'reading the tokens' });
  });

  it('never shows what a driver said, and tells the log of it once until the part answers again', async () => {
    const log = new Log();
    const error = new Error('connect ECONNREFUSED 10.1.2.3:5432 for user webhooks');
    let away = true;
    const check = (): Promise<null> => (away ? Promise.reject(error) : Promise.resolve(null));
    const asked = async (): Promise<Record<string, string>> => {
      // Each asks for itself: what one remembers is not what this is about.
      const readiness = ready(log);
      readiness.register('database', check);
      return readiness.problems();
    };
    expect(await asked()).toEqual({ database: 'cannot be asked; the log of this instance says why' });
    expect(log.lines).toEqual([{ part: 'database', err: error }]);
    away = false;
    expect(await asked()).toEqual({});
  });

  it('asks each part once, however many want to know', async () => {
    const readiness = ready();
    let asked = 0;
    readiness.register('database', async () => {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return null;
    });
    await Promise.all(Array.from({ length: 1_000 }, () => readiness.problems()));
    expect(asked).toBe(1);
  });

  it('tells at once what costs nothing to know', async () => {
    const readiness = ready();
    let ending = false;
    readiness.registerInstant('process', () => (ending ? 'it is ending' : null));
    expect(await readiness.problems()).toEqual({});
    ending = true;
    expect(await readiness.problems()).toEqual({ process: 'it is ending' });
  });
});
