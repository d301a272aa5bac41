import { eventually } from './eventually.js';

describe('an expectation that holds eventually', () => {
  it('is tried again until it holds', async () => {
    let tries = 0;
    await eventually(() => expect(++tries).toBeGreaterThan(2));
    expect(tries).toBe(3);
  });

  it('ends with what it throws last', async () => {
    let tries = 0;
    const end = await eventually(() => Promise.reject(new Error(`try ${++tries}`)), 60).catch(String);
    expect(end).toBe(`Error: try ${tries}`);
  });
});
