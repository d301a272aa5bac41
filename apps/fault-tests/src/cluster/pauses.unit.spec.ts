import { longestPause, longestWait } from './pauses.js';

describe('pauses', () => {
  it('are the times between two things that happen, to the edges of the span included', () => {
    expect(longestPause([120, 110, 150], { from: 100, to: 160 })).toBe(30);
    expect(longestPause([130, 140], { from: 100, to: 145 })).toBe(30);
    expect(longestPause([110, 120], { from: 100, to: 200 })).toBe(80);
  });

  it('are as long as the span where nothing happens, and do not see what happens outside', () => {
    expect(longestPause([], { from: 100, to: 160 })).toBe(60);
    expect(longestPause([50, 400], { from: 100, to: 160 })).toBe(60);
  });

  it('of what began in a span last until it ended, or until now', () => {
    const began = new Map([
      ['early', 50],
      ['ended', 110],
      ['open', 150],
    ]);
    const ended = new Map([
      ['early', 500],
      ['ended', 130],
    ]);
    expect(longestWait(began, ended, { from: 100, to: 160 }, 180)).toBe(30);
    expect(longestWait(began, ended, { from: 100, to: 140 }, 180)).toBe(20);
  });
});
