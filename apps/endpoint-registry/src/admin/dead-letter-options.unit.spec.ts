import { Command } from 'commander';

import {
  limitArgument,
  placeArgument,
  selecting,
  selectionOf,
  type SelectionOptions,
} from './dead-letter-options.js';

const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';

function options(...args: string[]): SelectionOptions {
  const command = selecting(new Command('list'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(args, { from: 'user' }).opts<SelectionOptions>();
}

describe('the options that select dead letters', () => {
  it('say what is meant', () => {
    const given = options(
      '--reason',
      'not_json,internal',
      '--reason',
      'invalid_data',
      '--since',
      '2026-02-01',
    );
    expect(selectionOf({ ...given, ...options('--organization', ORGANIZATION.toUpperCase()) })).toEqual({
      reasons: ['not_json', 'internal', 'invalid_data'],
      since: new Date('2026-02-01T00:00:00Z'),
      until: undefined,
      organizationId: ORGANIZATION,
    });
  });

  it.each([
    [['--reason', 'Not JSON'], /--reason.*It must be a reason/],
    [['--reason', 'not_json,'], /--reason.*It must be a reason/],
    [['--since', 'yesterday'], /--since/],
    [['--until', '2026-02-30'], /--until/],
    [['--organization', 'Acme'], /--organization.*It must be a UUID/],
  ])('are refused by their names and rules: %s', (args, problem) => {
    expect(() => options(...args)).toThrow(problem);
  });

  it('leave time between the two times', () => {
    const time = new Date('2026-02-01T00:00:00Z');
    expect(() => selectionOf({ since: time, until: time })).toThrow("option '--since': it must be earlier");
  });
});

describe('the place of a dead letter', () => {
  it('is partition and offset', () => {
    expect(placeArgument('3/1207')).toEqual({ partition: 3, offset: 1207n });
    expect(placeArgument('0/9223372036854775807').offset).toBe(2n ** 63n - 1n);
  });

  it.each(['3', '3/', '/7', '-1/0', '3/1 ', '3/1.5', '0/9223372036854775808', '0/99999999999999999999'])(
    'is not %s',
    (text) => expect(() => placeArgument(text)).toThrow('partition/offset'),
  );
});

it.each(['0', '1001', '1e2', '', '-1'])('a list cannot show %s letters', (text) => {
  expect(() => limitArgument(text)).toThrow('It must be a whole number from 1 to 1000.');
});
