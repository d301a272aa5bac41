import { Problem, toProblem } from './problem.js';

describe('a problem', () => {
  it('says what the API says', () => {
    expect(toProblem(404, null, { detail: 'Not found.' })).toMatchObject({
      status: 404,
      message: 'Not found.',
    });
    expect(toProblem(502, null, { status: 'error', message: 'Not delivered.' }).message).toBe(
      'Not delivered.',
    );
  });

  it('keeps what is wrong with each field', () => {
    const { fields, message } = toProblem(400, null, {
      url: ['Too long.', 'Not https.'],
      events: ['Empty.'],
    });
    expect(fields).toEqual({ url: 'Too long.\nNot https.', events: 'Empty.' });
    expect(message).toBe('Too long.\nNot https. Empty.');
  });

  it('says something of an answer that is no JSON', () => {
    expect(toProblem(500, null, '<html>').message).toMatch(/try again/);
  });

  it('waits as long as it is told, up to a minute', () => {
    expect(toProblem(429, '3', {}).retryAfterMs).toBe(3_000);
    expect(toProblem(503, '86400', {}).retryAfterMs).toBe(60_000);
    expect(toProblem(429, 'soon', {}).retryAfterMs).toBeNull();
    expect(new Problem(0, 'away').passes).toBe(true);
    expect(new Problem(400, 'bad').passes).toBe(false);
  });
});
