import { SCOPES } from '@skillora/contracts';

import {
  expiresAtArgument,
  endpointLimitArgument,
  expiresInArgument,
  nameArgument,
  scopesArgument,
  uuidArgument,
} from './arguments.js';

const now = new Date('2026-01-15T12:00:00Z');

describe('an argument', () => {
  it('that names is taken without the space around it', () => {
    expect(nameArgument('  Acme – Köln ')).toBe('Acme – Köln');
  });

  it.each(['', '  ', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(201)])('%j is no name', (text) => {
    expect(() => nameArgument(text)).toThrow('1 to 200 characters');
  });

  it('of scopes is a list in any order, each once, or all of them', () => {
    expect(scopesArgument('events:write, endpoints:read,events:write')).toEqual([
      'endpoints:read',
      'events:write',
    ]);
    expect(scopesArgument('all')).toEqual(SCOPES);
  });

  it.each(['', 'endpoints', 'endpoints:read,', 'all,events:write', 'Endpoints:read'])(
    '%j names a scope that there is not, and learns which there are',
    (text) => {
      expect(() => scopesArgument(text)).toThrow('endpoints:read, endpoints:write');
    },
  );

  it('of an expiry is a duration from now on, or a time to come', () => {
    expect(expiresInArgument('90d', now)).toEqual(new Date('2026-04-15T12:00:00Z'));
    expect(expiresAtArgument('2026-01-15T13:00:00+00:30', now)).toEqual(new Date('2026-01-15T12:30:00Z'));
  });

  it.each(['0s', '90', 'soon', '4000d', '-1h'])('%j is no duration a token could live', (text) => {
    expect(() => expiresInArgument(text, now)).toThrow('must be a duration');
  });

  it.each([
    ['2026-01-15T12:00:00Z', 'in the future'],
    ['2026-02-30T12:00:00Z', 'ISO 8601'],
    ['tomorrow', 'ISO 8601'],
  ])('%j is no time to expire at', (text, rule) => {
    expect(() => expiresAtArgument(text, now)).toThrow(rule);
  });

  it('of a number of endpoints is a whole number, or stands for what the services are set to', () => {
    expect(['0', '7', '100000', 'default'].map(endpointLimitArgument)).toEqual([0, 7, 100_000, 'default']);
  });

  it.each(['', '-1', '1.5', '100001', 'many', 'DEFAULT'])('%j is no number of endpoints', (text) => {
    expect(() => endpointLimitArgument(text)).toThrow('a whole number from 0 to 100000, or default');
  });

  it('of an id is a UUID in either case', () => {
    expect(uuidArgument('123E4567-e89b-12d3-a456-426614174000')).toBe('123e4567-e89b-12d3-a456-426614174000');
    expect(() => uuidArgument('acme')).toThrow('must be a UUID');
  });
});
