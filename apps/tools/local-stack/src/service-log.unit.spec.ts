import { describeFailedStart, noticeOf, RepeatFilter } from './service-log.js';

const record = (fields: Record<string, unknown>): string => JSON.stringify({ time: 'now', ...fields });

describe('what the terminal shows of a service’s output', () => {
  it('is nothing of what is below a warning', () => {
    expect(noticeOf(record({ level: 30, msg: 'listening' }), 'stdout')).toBeNull();
  });

  it.each([
    [40, 'warning'],
    [50, 'error'],
    [60, 'fatal'],
  ])('is the message of a record of level %i', (level, name) => {
    expect(noticeOf(record({ level, msg: 'no broker' }), 'stdout')).toEqual({
      level: name,
      text: 'no broker',
    });
  });

  it('holds the error’s message beside the record’s, on one line', () => {
    const line = record({
      level: 50,
      msg: 'cannot start',
      err: { message: 'refused\n  at 127.0.0.1', stack: 'S' },
    });
    expect(noticeOf(line, 'stdout')?.text).toBe('cannot start: refused at 127.0.0.1');
    const same = record({ level: 50, msg: 'refused', err: { message: 'refused' } });
    expect(noticeOf(same, 'stdout')?.text).toBe('refused');
  });

  it('is the whole record when it has no message', () => {
    const line = record({ level: 50, reason: 'unsaid' });
    expect(noticeOf(line, 'stdout')?.text).toBe(line);
  });

  it('is what is not a record on standard error, and not on standard output', () => {
    expect(noticeOf('Error: Cannot find module', 'stderr')?.text).toBe('Error: Cannot find module');
    expect(noticeOf('  ', 'stderr')).toBeNull();
    expect(noticeOf('hello', 'stdout')).toBeNull();
  });
});

describe('a crash', () => {
  const TRACE = [
    'node:internal/modules/cjs/loader:1386',
    '  throw err;',
    '  ^',
    '',
    "Error: Cannot find module './x.js'",
    '    at Function._resolveFilename (node:internal/modules/cjs/loader:1383:15)',
    '    at x {',
    "  code: 'MODULE_NOT_FOUND',",
    '}',
    '',
    'Node.js v24.0.0',
  ];

  it('is shown by its message, without its frames', () => {
    const shown = TRACE.map((line) => noticeOf(line, 'stderr')).filter((notice) => notice !== null);
    expect(shown).toEqual([{ level: 'error', text: "Error: Cannot find module './x.js'" }]);
  });

  it('at the start is told by its message', () => {
    expect(describeFailedStart(['x ended with exit code 1; its last words:', ...TRACE].join('\n'))).toEqual([
      'x ended with exit code 1',
      "  Error: Cannot find module './x.js'",
    ]);
  });
});

describe('repeats', () => {
  it('are held back for ten seconds, then shown with their number', () => {
    const filter = new RepeatFilter();
    expect(filter.pass('away', 0)).toBe('away');
    expect(filter.pass('away', 5_000)).toBeNull();
    expect(filter.pass('other', 5_000)).toBe('other');
    expect(filter.pass('away', 9_999)).toBeNull();
    expect(filter.pass('away', 10_000)).toBe('away (and 2 times more before)');
    expect(filter.pass('away', 20_000)).toBe('away');
  });
});

describe('a failed start', () => {
  it('is told by what happened and the messages of the last records', () => {
    const message = [
      'dispatcher ended with exit code 1; its last words:',
      record({ level: 30, msg: 'reading settings' }),
      record({ level: 60, msg: 'bad settings: SECRETS_KEY is not set' }),
      'not a record',
    ].join('\n');
    expect(describeFailedStart(message)).toEqual([
      'dispatcher ended with exit code 1',
      '  reading settings',
      '  bad settings: SECRETS_KEY is not set',
      '  not a record',
    ]);
  });
});
