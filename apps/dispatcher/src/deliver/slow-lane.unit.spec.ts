import { SlowLane } from './slow-lane.js';

describe('the slow lane', () => {
  it('holds later deliveries of an endpoint until all earlier ones were read back', () => {
    const lane = new SlowLane();
    lane.goes('a', 0, false);
    lane.goes('a', 0, false);
    lane.comes('a', false);
    expect(lane.holds('a')).toBe(true);
    lane.comes('a', false);
    expect([lane.holds('a'), lane.size]).toEqual([false, 0]);
  });

  it('lets no delivery overtake one that goes round', () => {
    const lane = new SlowLane();
    lane.goes('a', 0, false);
    lane.comes('a', false);
    lane.goes('a', 0, true);
    expect(lane.overtakes('a')).toBe(true);
    lane.comes('a', true);
    expect([lane.overtakes('a'), lane.holds('a')]).toEqual([false, false]);
  });

  it('forgets what is another copy’s', () => {
    const lane = new SlowLane();
    lane.goes('a', 0, false);
    lane.goes('b', 1, false);
    lane.lost(0);
    expect([lane.holds('a'), lane.holds('b')]).toEqual([false, true]);
  });

  it('knows nothing of what a former owner left there', () => {
    const lane = new SlowLane();
    lane.comes('a', true);
    expect(lane.holds('a')).toBe(false);
  });
});
