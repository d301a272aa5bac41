import { addressOf } from './request-author.js';

describe('the address of an author', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('of %s is %s', (ip, address) => {
    expect(addressOf(ip)).toBe(address);
  });

  it('is unknown where a proxy names none', () => {
    expect(addressOf('unknown, <script>')).toBeNull();
  });
});
