import { errorForLog } from './logger.js';

describe('an error in a log line', () => {
  it('has message and stack, and no data of the statement that failed', () => {
    const error = Object.assign(new Error('no such table'), {
      code: '42P01',
      parameters: ['secret'],
      detail: 'secret',
    });
    const logged = errorForLog(error) as Record<string, unknown>;
    expect(logged).toMatchObject({ type: 'Error', message: 'no such table', code: '42P01' });
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('has at most 8,000 characters of each of its texts, whatever the error quotes', () => {
    const error = Object.assign(new Error(`cannot read ${'x'.repeat(5_000_000)}`), {
      input: 'y'.repeat(5_000_000),
    });
    const logged = errorForLog(error) as Record<string, string>;
    expect(JSON.stringify(logged).length).toBeLessThan(30_000);
    expect(logged['message']).toMatch(/^cannot read x{7988}… \(5000012 characters\)$/);
  });
});
