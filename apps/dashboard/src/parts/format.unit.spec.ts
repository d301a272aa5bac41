import { ago, countdown, duration, share, shortUrl } from './format.js';

describe('how figures are written', () => {
  it('a share never rounds to all or nothing', () => {
    expect(share(9_999, 10_000)).toBe('99.9%');
    expect(share(1, 10_000)).toBe('0.1%');
    expect(share(10, 10)).toBe('100%');
    expect(share(0, 10)).toBe('0%');
    expect(share(0, 0)).toBe('–');
  });

  it('a countdown ends at zero', () => {
    expect(countdown(61_000)).toBe('1:01');
    expect(countdown(500)).toBe('0:01');
    expect(countdown(-5)).toBe('0:00');
    expect(countdown(3_661_000)).toBe('1:01:01');
  });

  it('durations, ages and addresses are short', () => {
    expect([duration(12.4), duration(1_234), duration(30_000), duration(null)]).toEqual([
      '12 ms',
      '1.23 s',
      '30.0 s',
      '–',
    ]);
    const now = Date.parse('2026-01-02T00:00:00Z');
    expect(ago('2026-01-01T22:30:00Z', now)).toBe('1 h ago');
    expect(ago('2026-01-02T00:00:09Z', now)).toBe('just now');
    expect(shortUrl('https://a.example/hook/')).toBe('a.example/hook');
  });
});
