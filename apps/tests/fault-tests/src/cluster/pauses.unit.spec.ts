import { longestPause } from './pauses.js';

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
});
