import { isDatabaseAway } from './database-away.js';

describe('an error of the database', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED' }],
    ['a server that shuts down (admin_shutdown)', { code: '57P01' }],
    ['a server that recovers (cannot_connect_now)', { code: '57P03' }],
    ['too many connections', { code: '53300' }],
    ['a connection lost in a statement', { message: 'Connection terminated unexpectedly' }],
    ['a pool without a free connection', { message: 'timeout exceeded when trying to connect' }],
  ])('means that it is away: %s', (_, properties) => {
    expect(isDatabaseAway(Object.assign(new Error(), properties))).toBe(true);
  });

  it.each([
    ['a violated constraint', Object.assign(new Error(), { code: '23514' })],
    ['an error of this program', new TypeError('undefined is not a function')],
    ['no error', undefined],
  ])('does not mean that it is away: %s', (_, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });
});
