import { withinTime } from './within-time.js';

it('an answer in time is passed on, a failure too, and a late one is called so', async () => {
  await expect(withinTime(Promise.resolve(7), 1_000)).resolves.toBe(7);
  await expect(withinTime(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no');
  await expect(withinTime(new Promise(() => undefined), 1)).resolves.toBe('late');
});
