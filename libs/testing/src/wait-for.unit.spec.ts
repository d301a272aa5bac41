import { waitFor } from './wait-for.js';

describe('waiting for an answer', () => {
  it('passes over nothing, and takes zero and empty text for answers', async () => {
    const answers = [null, undefined, false, 0];
    await expect(waitFor(() => answers.shift(), 'a number')).resolves.toBe(0);
    await expect(waitFor(() => Promise.resolve(''), 'a text')).resolves.toBe('');
  });

  it('says what did not happen', async () => {
    await expect(waitFor(() => false, 'the end of the world', 30)).rejects.toThrow(
      'the end of the world did not happen within 30 ms',
    );
  });

  it('ends with what the look throws', async () => {
    await expect(waitFor(() => Promise.reject(new Error('refused')), 'an answer')).rejects.toThrow('refused');
  });
});
